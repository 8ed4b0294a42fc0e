#include "sw_stack/hal/commands.hpp"
#include "sw_stack/hal/job_image.hpp"
int main(){}
