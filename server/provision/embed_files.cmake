# cmake -DOUTPUT=FILE -DSERVED=A;B -DCONTROL=C;D -DRIGHTS=E -P embed_files.cmake
# Writes the C++ file that defines the functions of embedded_files.h.

function(make_rows files variable)
  set(rows "")
  foreach(file IN LISTS files)
    get_filename_component(name ${file} NAME)
    file(READ ${file} text)
    string(APPEND rows "      {\"${name}\", R\"EMBEDDED(${text})EMBEDDED\"},\n")
  endforeach()
  set(${variable} "${rows}" PARENT_SCOPE)
endfunction()

make_rows("${SERVED}" served_rows)
make_rows("${CONTROL}" control_rows)
file(READ ${RIGHTS} rights)
file(WRITE ${OUTPUT} "// Made by embed_files.cmake.

#include \"server/provision/embedded_files.h\"

namespace sluice::provision {

std::vector<EmbeddedFile> ServedFiles() {
  return {
${served_rows}  };
}

std::vector<EmbeddedFile> ControlFiles() {
  return {
${control_rows}  };
}

absl::string_view RightsFile() {
  return R\"EMBEDDED(${rights})EMBEDDED\";
}

}  // namespace sluice::provision
")
