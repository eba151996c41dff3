# What embed.cmake and embed-spec.cmake share.

# Sets two variables of the caller: the text of an array of bytes for each file, and that of the rows {NAME, ARRAY, SIZE}.
function(embed_bytes array_variable row_variable)
    set(index 0)
    set(arrays "")
    set(rows "")
    foreach(file ${ARGN})
        get_filename_component(name ${file} NAME)
        file(READ ${file} hex HEX)
        string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
        string(APPEND arrays "static const uint8_t file_${index}[] = {${bytes}0};\n")
        string(APPEND rows "    {\"${name}\", file_${index}, sizeof file_${index} - 1},\n")
        math(EXPR index "${index} + 1")
    endforeach()
    set(${array_variable} "${arrays}" PARENT_SCOPE)
    set(${row_variable} "${rows}" PARENT_SCOPE)
endfunction()
