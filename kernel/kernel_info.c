#include "kernel_info.h"

#include <lua.h>

#include "message.h"

json_t *kernel_info(void)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:[], "
                     "s:{s:s, s:s, s:s, s:s, s:s, s:{s:s}}, "
                     "s:[{s:s, s:s}, {s:s, s:s}]}",
                     "status", "ok", "protocol_version", PROTOCOL_VERSION, "implementation",
                     "lua-kernel", "implementation_version", KERNEL_VERSION, "banner",
                     LUA_RELEASE " · lua-kernel " KERNEL_VERSION, "debugger", 0,
                     "supported_features", "language_info", "name", "lua", "version",
                     LUA_VERSION_MAJOR "." LUA_VERSION_MINOR "." LUA_VERSION_RELEASE, "mimetype",
                     "text/x-lua", "file_extension", ".lua", "pygments_lexer", "lua",
                     "codemirror_mode", "name", "lua", "help_links", "text",
                     "Lua 5.4 Reference Manual", "url", "https://www.lua.org/manual/5.4/",
                     "text", "Programming in Lua", "url", "https://www.lua.org/pil/");
}
