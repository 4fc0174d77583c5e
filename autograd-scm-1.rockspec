rockspec_format = "3.0"
package = "autograd"
version = "scm-1"
source = {
   url = "git+file://.",
}
description = {
   summary = "PyTorch's autograd for Lua",
   detailed = "Tensors, reverse-mode differentiation and PyTorch's names, over a C library.",
   license = "MIT",
}
dependencies = {
   "lua >= 5.4, < 5.5",
}
build = {
   type = "cmake",
   variables = {
      CMAKE_BUILD_TYPE = "Release",
      CMAKE_INSTALL_PREFIX = "$(PREFIX)",
      AUTOGRAD_LUA_DIR = "$(LIBDIR)",
      AUTOGRAD_LUA_SHARE = "$(LUADIR)",
      LUA54_INCLUDE_DIR = "$(LUA_INCDIR)",
      AUTOGRAD_KERNEL = "OFF",
      AUTOGRAD_TESTS = "OFF",
   },
}
