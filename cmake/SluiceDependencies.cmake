# Third-party libraries, from Debian's packages alone.

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(absl REQUIRED)
find_package(Protobuf REQUIRED MODULE)
find_package(gRPC CONFIG REQUIRED)
find_package(GTest REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)

# They have no CMake package in Debian 12.
find_package(PkgConfig REQUIRED)
pkg_check_modules(cares REQUIRED IMPORTED_TARGET libcares)
pkg_check_modules(curl REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(pqxx REQUIRED IMPORTED_TARGET libpqxx)

find_path(ASIO_INCLUDE_DIR asio.hpp REQUIRED)
find_path(PG_QUERY_INCLUDE_DIR pg_query.h REQUIRED)
find_library(PG_QUERY_LIBRARY pg_query REQUIRED)
# The line editor of the shell: BSD's, as GNU's is under the GPL.
find_path(EDIT_INCLUDE_DIR histedit.h REQUIRED)
find_library(EDIT_LIBRARY edit REQUIRED)
# The only copy of google/rpc/*.proto in Debian.
find_path(GOOGLEAPIS_DIR google/rpc/error_details.proto
          PATHS /usr/share/gocode/src/github.com/gogo/googleapis
          NO_DEFAULT_PATH REQUIRED)

add_library(sluice_asio INTERFACE)
target_include_directories(sluice_asio SYSTEM INTERFACE ${ASIO_INCLUDE_DIR})
target_compile_definitions(sluice_asio INTERFACE ASIO_STANDALONE
                           ASIO_NO_DEPRECATED ASIO_DISABLE_BOOST_COROUTINE)
# Asio asks the macros of the standard library what it may use. A unit that
# includes Asio before any standard header would get another answer, and free()
# what another one made with operator new.
target_compile_options(sluice_asio
  INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-include cstddef>")
target_link_libraries(sluice_asio INTERFACE Threads::Threads)

add_library(sluice_pg_query INTERFACE)
target_include_directories(sluice_pg_query SYSTEM INTERFACE
                           ${PG_QUERY_INCLUDE_DIR})
target_link_libraries(sluice_pg_query INTERFACE ${PG_QUERY_LIBRARY})

add_library(sluice_edit INTERFACE)
target_include_directories(sluice_edit SYSTEM INTERFACE ${EDIT_INCLUDE_DIR})
target_link_libraries(sluice_edit INTERFACE ${EDIT_LIBRARY})
