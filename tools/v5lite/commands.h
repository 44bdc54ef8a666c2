/* SPDX-License-Identifier: MIT */
/* The commands. Each gets its own name as argv[0] and returns an exit status. */
#ifndef V5LITE_COMMANDS_H
#define V5LITE_COMMANDS_H

int cmd_detect(int argc, char **argv);
int cmd_watch(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_audit(int argc, char **argv);
int cmd_calibrate(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_picture(int argc, char **argv);

#endif
