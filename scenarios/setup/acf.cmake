# Targets and functions that every folder uses: acf_options (how we compile), systemc, acf_library(), acf_test().
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

# -ffp-contract=off: the arithmetic contract rounds every product before it is added; a fused multiply-add would not.
add_library(acf_options INTERFACE)
target_compile_options(acf_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror
                                             -ffp-contract=off -fno-fast-math)
target_include_directories(acf_options INTERFACE ${CMAKE_SOURCE_DIR})

option(ACF_ASAN "address and undefined-behaviour sanitizers" OFF)
if(ACF_ASAN)
  target_compile_options(acf_options INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer)
  target_link_options(acf_options INTERFACE -fsanitize=address,undefined)
endif()

# Debian's libsystemc is built for C++17 and encodes that in a symbol; the define makes C++20 code link against it.
pkg_check_modules(SYSTEMC REQUIRED IMPORTED_TARGET systemc)
add_library(systemc INTERFACE)
target_link_libraries(systemc INTERFACE PkgConfig::SYSTEMC)
target_compile_definitions(systemc INTERFACE SC_CPLUSPLUS=201703L SC_INCLUDE_DYNAMIC_PROCESSES)
get_target_property(systemc_includes PkgConfig::SYSTEMC INTERFACE_INCLUDE_DIRECTORIES)
if(systemc_includes)
  target_include_directories(systemc SYSTEM INTERFACE ${systemc_includes})
endif()
if(ACF_ASAN)
  add_library(acf_sanitizer_options STATIC ${CMAKE_SOURCE_DIR}/scenarios/setup/sanitizer_options.cpp)
  target_link_libraries(systemc INTERFACE acf_sanitizer_options)
  target_link_options(systemc INTERFACE -Wl,--undefined=__asan_default_options)
endif()

# acf_library(NAME SOURCES a.cpp ... LINK libs ...): one folder of the house as one library; headers are included by
# their path from the top ("models/noc/mesh.hpp").
function(acf_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  if(arg_SOURCES)
    add_library(${name} STATIC ${arg_SOURCES})
    target_link_libraries(${name} PUBLIC ${arg_LINK} PRIVATE acf_options)
    target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${arg_LINK})
    target_include_directories(${name} INTERFACE ${CMAKE_SOURCE_DIR})
  endif()
endfunction()

# acf_test(NAME LABEL unit SOURCES a.cpp ... LINK libs ...): a GoogleTest program, every TEST a ctest case of that label.
function(acf_test name)
  cmake_parse_arguments(arg "" "LABEL;TIMEOUT" "SOURCES;LINK" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINK} GTest::gtest GTest::gtest_main acf_options)
  gtest_discover_tests(${name} TEST_PREFIX "${arg_LABEL}/" PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT}
                       DISCOVERY_TIMEOUT 60)
endfunction()
