# Writes a C file with a table of files, their bytes in it:
#   cmake -DOUTPUT=embedded_text.c -DTABLE=embedded_modules "-DFILES=jupyter=a/jupyter.lua;…"
#     -P embed.cmake
set(arrays "")
set(table "")
set(index 0)
foreach(file IN LISTS FILES)
  string(REGEX MATCH "^([^=]+)=(.+)$" _ "${file}")
  set(name "${CMAKE_MATCH_1}")
  file(READ "${CMAKE_MATCH_2}" bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "static const unsigned char text_${index}[] = {${bytes}0};\n")
  string(APPEND table "    {\"${name}\", text_${index}, sizeof text_${index} - 1},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE "${OUTPUT}" "#include \"embedded.h\"\n\n${arrays}\nconst struct embedded ${TABLE}[] = {\n${table}    {0, 0, 0},\n};\n")
