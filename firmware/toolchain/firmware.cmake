# Bare-metal images for the host CPU. The project itself is compiled for the machine it runs on, so the cross compiler is
# called directly, without a cache: that may write names into depfiles and images that start elsewhere. Its flags are
# the files in toolchain/flags, which firmware.mk reads as well.
#
# acf_firmware(NAME SOURCES a.cpp b.S ... [LINK driver runtime ... -Wl,--defsym=__stack_size=0x20000 ...]
#              [DEFINES A=1 ...] [INCLUDES folder ...] [DEPENDS generated.hpp ...])
#   -> target firmware_NAME, built by default; property OUTPUT of it: firmware/NAME.elf in the build folder.
#   A name in LINK is a folder of sw_stack whose sources are compiled in; start-up code and board drivers always are.
#   Code nobody calls is left out of the image.
find_program(ACF_CROSS_GCC riscv64-unknown-elf-gcc REQUIRED)
find_program(ACF_CROSS_GXX riscv64-unknown-elf-g++ REQUIRED)
set(ACF_LIBSTDCXX /usr/riscv64-linux-gnu/include/c++/12 CACHE PATH "libstdc++ headers for the cross compiler")
if(NOT EXISTS ${ACF_LIBSTDCXX}/array)
  message(FATAL_ERROR "no libstdc++ headers in ACF_LIBSTDCXX=${ACF_LIBSTDCXX}; Debian: libstdc++-12-dev-riscv64-cross")
endif()
set(acf_firmware_toolchain ${CMAKE_CURRENT_LIST_DIR} CACHE INTERNAL "")

# Compiles SOURCES below the build folder's obj/GROUP and returns the object files in the variable `result`.
function(acf_firmware_objects result group)
  cmake_parse_arguments(arg "" "" "SOURCES;DEFINES;INCLUDES;DEPENDS" ${ARGN})
  set(flags ${acf_firmware_toolchain}/flags)
  set(include -I${CMAKE_SOURCE_DIR})
  foreach(folder ${arg_INCLUDES})
    list(APPEND include -I${folder})
  endforeach()
  list(TRANSFORM arg_DEFINES PREPEND -D)
  # Names of files in the image start at the top of the tree: equal sources give equal bytes wherever they lie.
  set(maps)
  foreach(option file debug)   # the assembler is told of the second only
    list(APPEND maps -f${option}-prefix-map=${CMAKE_SOURCE_DIR}=. -f${option}-prefix-map=${CMAKE_SOURCE_DIR}/=)
  endforeach()
  set(objects)
  foreach(source ${arg_SOURCES})
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    cmake_path(IS_PREFIX CMAKE_SOURCE_DIR ${source} NORMALIZE inside)
    set(base ${CMAKE_SOURCE_DIR})
    if(NOT inside)
      cmake_path(GET source PARENT_PATH base)
    endif()
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${base} OUTPUT_VARIABLE path)
    set(object ${CMAKE_BINARY_DIR}/firmware/obj/${group}/${path}.o)
    cmake_path(GET object PARENT_PATH folder)
    file(MAKE_DIRECTORY ${folder})
    if(source MATCHES "\\.cpp$")
      set(compiler ${ACF_CROSS_GXX})
      set(language @${flags}/cxx -I${acf_firmware_toolchain}/libstdcxx -I${ACF_LIBSTDCXX}
                   -I${ACF_LIBSTDCXX}/riscv64-linux-gnu)
    else()
      set(compiler ${ACF_CROSS_GCC})
      set(language)
    endif()
    add_custom_command(OUTPUT ${object}
      COMMAND ${compiler} @${flags}/machine @${flags}/compile ${include} ${language} ${arg_DEFINES}
              ${maps} -MMD -MF ${object}.d -MT ${object} -c ${source} -o ${object}
      WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
      DEPENDS ${source} ${flags}/machine ${flags}/compile ${flags}/cxx ${arg_DEPENDS}
      DEPFILE ${object}.d COMMENT "firmware ${path}" VERBATIM)
    list(APPEND objects ${object})
  endforeach()
  set(${result} ${objects} PARENT_SCOPE)
endfunction()

# The objects of one folder of the project, compiled once for all images.
function(acf_firmware_part result folder)
  string(REPLACE / _ target firmware_part_${folder})
  if(NOT TARGET ${target})
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cpp ${CMAKE_SOURCE_DIR}/${folder}/*.S)
    if(NOT sources)
      message(FATAL_ERROR "acf_firmware: no sources in ${folder}")
    endif()
    acf_firmware_objects(objects part SOURCES ${sources})
    add_custom_target(${target} DEPENDS ${objects})
    set_target_properties(${target} PROPERTIES OBJECTS "${objects}")
  endif()
  get_target_property(objects ${target} OBJECTS)
  set(${result} ${objects} PARENT_SCOPE)
endfunction()

function(acf_firmware name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK;DEFINES;INCLUDES;DEPENDS" ${ARGN})
  set(flags ${acf_firmware_toolchain}/flags)
  acf_firmware_objects(objects ${name} SOURCES ${arg_SOURCES} DEFINES ${arg_DEFINES} INCLUDES ${arg_INCLUDES}
                       DEPENDS ${arg_DEPENDS})
  set(folders firmware/start firmware/board)
  set(options)
  foreach(item ${arg_LINK})
    if(item MATCHES "^-")
      list(APPEND options ${item})
    else()
      list(APPEND folders sw_stack/${item})
    endif()
  endforeach()
  set(parts)
  foreach(folder ${folders})
    acf_firmware_part(part ${folder})
    list(APPEND objects ${part})
    string(REPLACE / _ target firmware_part_${folder})
    list(APPEND parts ${target})
  endforeach()
  set(image ${CMAKE_BINARY_DIR}/firmware/${name}.elf)
  set(script ${CMAKE_SOURCE_DIR}/firmware/start/image.ld)
  add_custom_command(OUTPUT ${image}
    COMMAND ${ACF_CROSS_GCC} @${flags}/machine @${flags}/link -T ${script} ${objects} ${options} -o ${image}
    DEPENDS ${objects} ${script} ${flags}/machine ${flags}/link COMMENT "firmware ${name}.elf" VERBATIM)
  add_custom_target(firmware_${name} ALL DEPENDS ${image})
  set_target_properties(firmware_${name} PROPERTIES OUTPUT ${image})
  add_dependencies(firmware_${name} ${parts})
endfunction()
