/*
 * world_file.h - a server of the fleet as a file of records, in the form of
 * core/record.h: what it is when it starts. tests/contract writes such files
 * from what the emulated PowerShell server tells of itself.
 *
 *   account name password state          user and password in clear
 *   probe   ps .. w3svc                   as `probe` tells it
 *   pool    name .. logon                 logon: "" or a refusal's code
 *   worker  pool pid owner started        of a pool that stands before it
 *   event   id time pool code
 *   site, app, elsewhere, blind, fence    as `observe` tells them
 */
#ifndef TESTS_FLEET_WORLD_FILE_H
#define TESTS_FLEET_WORLD_FILE_H

#include "reconciler/core/err.h"
#include "tests/fleet/world.h"

/* Into a new server; its accounts go into the server's domain. */
int world_file_read(const char *path, struct server *server, struct err *err);

#endif
