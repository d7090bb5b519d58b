# How every target of the project is built: one library per room, one
# executable per test.

set(SLUICE_SANITIZE "" CACHE STRING "Value for -fsanitize, empty for none")
option(SLUICE_FUZZ "Make the fuzzers; needs clang" OFF)
option(SLUICE_WERROR "Treat warnings as errors" ON)

add_library(sluice_options INTERFACE)
target_compile_features(sluice_options INTERFACE cxx_std_20)
target_include_directories(sluice_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(sluice_options INTERFACE -Wall -Wextra
                       -Wno-missing-field-initializers)
# GCC 12 sees overlaps in std::string's own concatenation when it optimises
# (https://gcc.gnu.org/bugzilla/show_bug.cgi?id=105651).
target_compile_options(sluice_options
                       INTERFACE $<$<CONFIG:Release>:-Wno-restrict>)
if(SLUICE_WERROR)
  target_compile_options(sluice_options INTERFACE -Werror)
endif()
if(SLUICE_SANITIZE)
  target_compile_options(sluice_options INTERFACE
                         -fsanitize=${SLUICE_SANITIZE})
  target_link_options(sluice_options INTERFACE -fsanitize=${SLUICE_SANITIZE})
  if(SLUICE_SANITIZE MATCHES "undefined")
    target_compile_options(sluice_options INTERFACE
                           -fno-sanitize-recover=undefined)
  endif()
  if(SLUICE_SANITIZE STREQUAL "thread")
    target_compile_options(sluice_options INTERFACE -Wno-tsan)
  endif()
endif()
# Reads the clang annotations of base/mutex.h; gcc knows no such check.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(sluice_options INTERFACE -Wthread-safety)
endif()

# sluice_room(<name> SOURCES <files>... [DEPENDS <rooms>...]
#             [LIBRARIES <third-party targets>...])
# The library of the room in the current folder. DEPENDS is the room's row of
# the layer table in docs/architecture.md.
function(sluice_room name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
  add_library(sluice_${name} STATIC ${ARG_SOURCES})
  list(TRANSFORM ARG_DEPENDS PREPEND sluice_)
  target_link_libraries(sluice_${name} PUBLIC sluice_options ${ARG_DEPENDS}
                                              ${ARG_LIBRARIES})
endfunction()

# sluice_test(<name> SOURCES <files>... LABELS <labels>...
#             [DEPENDS <rooms>...] [TIMEOUT <seconds>])
# A test program and its ctest entry. Programs that start servers run one at a
# time, so that none starves another.
function(sluice_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LABELS;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  list(TRANSFORM ARG_DEPENDS PREPEND sluice_)
  target_link_libraries(${name} PRIVATE sluice_options ${ARG_DEPENDS}
                                        GTest::gmock GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}"
                                          TIMEOUT ${ARG_TIMEOUT})
  if(NOT "unit" IN_LIST ARG_LABELS)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
  endif()
endfunction()
