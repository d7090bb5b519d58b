# Configures and builds the project with CMake and Ninja.
# shellcheck shell=bash
# Needs progress.sh, and SLUICE_ROOT, the root of the source tree.

# build_folder: where binaries are, from SLUICE_BUILD_DIR or the preset.
build_folder() {
  realpath -m -- \
    "${SLUICE_BUILD_DIR:-${SLUICE_ROOT}/build/${SLUICE_PRESET:-dev}}"
}

# As many jobs as cores, but no more than memory carries: a translation unit
# with gRPC and protobuf takes up to 1 GiB.
build_jobs() {
  local cores available_gib
  cores=$(nproc)
  available_gib=$(awk '/^MemAvailable:/ {print int($2 / 1048576)}' /proc/meminfo)
  ((available_gib >= 1)) || available_gib=1
  echo $((cores < available_gib ? cores : available_gib))
}

# Whether the build folder was configured for another source tree.
build_folder_is_foreign() {  # FOLDER
  local home
  home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' \
    "$1/CMakeCache.txt" 2>/dev/null) || return 1
  [[ -n "${home}" && "${home}" != "${SLUICE_ROOT}" ]]
}

# build_targets TARGET...: builds these targets, all without arguments. A
# build folder of another tree, named by SLUICE_BUILD_DIR, is used as it is.
build_targets() {
  local folder preset=${SLUICE_PRESET:-dev}
  folder=$(build_folder)
  if build_folder_is_foreign "${folder}"; then
    say build "using the binaries in ${folder}"
    return 0
  fi
  say build "preset ${preset} in ${folder}"
  (
    cd "${SLUICE_ROOT}"
    # What one clone compiled serves the next.
    export CCACHE_BASEDIR=${SLUICE_ROOT} CCACHE_NOHASHDIR=1
    cmake --preset "${preset}" -B "${folder}" -Wno-dev >/dev/null
    ninja -C "${folder}" -j "$(build_jobs)" "$@"
  ) || fail "the build failed"
}
