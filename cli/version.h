/*
 * What this build is made of, for --version.
 */
#ifndef VFU_CLI_VERSION_H
#define VFU_CLI_VERSION_H

/* Print a line each: what is built in, the libraries and their versions, where plugins are looked for and which there are. */
void cli_version_features(void);
/* Only the last of it. */
void cli_version_plugins(void);

#endif
