// stdin, stdout and stderr as the process was given them, made safe to write to.
#pragma once

namespace acf::platform {

// A stream that the caller has closed gets a file in which every write fails, so that no file of a run is opened in its
// place and takes what is meant for it.
void occupy_closed_streams();

// A reader that goes away makes a write fail instead of ending the process, which has its report to write.
void outlive_readers();

} // namespace acf::platform
