# What is installed of the library: the header in one piece, both libraries, and what tells
# pkg-config and CMake of them. Nothing in it knows its prefix, so that the tree can be moved.
include(CMakePackageConfigHelpers)

install(TARGETS autograd_shared autograd_static EXPORT autograd
  LIBRARY DESTINATION lib ARCHIVE DESTINATION lib)
install(FILES ${generated}/include/autograd.h DESTINATION include)
install(EXPORT autograd NAMESPACE autograd:: FILE autogradConfig.cmake
  DESTINATION lib/cmake/autograd)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/autogradConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/autogradConfigVersion.cmake
  DESTINATION lib/cmake/autograd)

configure_file(autograd.pc.in autograd.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/autograd.pc DESTINATION lib/pkgconfig)
