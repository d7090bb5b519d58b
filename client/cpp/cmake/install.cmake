# What `cmake --install BUILD --component client` puts into place: headers,
# static libraries, and the package that find_package(sluice CONFIG) finds.

include(CMakePackageConfigHelpers)

set(PACKAGE_FOLDER ${CMAKE_INSTALL_LIBDIR}/cmake/sluice)

set_target_properties(sluice_client PROPERTIES EXPORT_NAME client)
set_target_properties(sluice_google_rpc PROPERTIES EXPORT_NAME google_rpc)
set_target_properties(sluice_grpc PROPERTIES EXPORT_NAME grpc)
set_target_properties(sluice_proto PROPERTIES EXPORT_NAME proto)
install(TARGETS sluice_client sluice_google_rpc sluice_grpc sluice_proto
        EXPORT sluice
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT client
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

install(DIRECTORY sluice
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT client
        FILES_MATCHING PATTERN "*.h" PATTERN "test_*" EXCLUDE)
install(DIRECTORY ${CMAKE_BINARY_DIR}/proto/sluice/v1
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/sluice COMPONENT client
        FILES_MATCHING PATTERN "*.pb.h")

install(EXPORT sluice
        NAMESPACE sluice:: FILE sluiceTargets.cmake
        DESTINATION ${PACKAGE_FOLDER} COMPONENT client)
configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/sluiceConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/sluiceConfig.cmake
  INSTALL_DESTINATION ${PACKAGE_FOLDER})
write_basic_package_version_file(
  ${CMAKE_CURRENT_BINARY_DIR}/sluiceConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/sluiceConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/sluiceConfigVersion.cmake
        DESTINATION ${PACKAGE_FOLDER} COMPONENT client)
