# cmake -DOUTPUT=FILE -DFILES=A;B -P embed_files.cmake
# Writes the C++ file that defines ServedFiles() of embedded_files.h.

set(rows "")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} text)
  string(APPEND rows "      {\"${name}\", R\"EMBEDDED(${text})EMBEDDED\"},\n")
endforeach()
file(WRITE ${OUTPUT} "// Made by embed_files.cmake.

#include \"server/provision/embedded_files.h\"

namespace sluice::provision {

std::vector<EmbeddedFile> ServedFiles() {
  return {
${rows}  };
}

}  // namespace sluice::provision
")
