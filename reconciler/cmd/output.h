/*
 * output.h - where the data of a command goes: each -o, by its format.
 */
#ifndef CMD_OUTPUT_H
#define CMD_OUTPUT_H

#include "reconciler/cmd/options.h"

/* Puts a report of data into out. */
typedef int (*output_put)(const void *data, struct buf *out, struct err *err);

/* Make a report in each format that is wanted and write it there. json NULL:
 * this part of the data is only for people. */
int output_show(const struct options *options, output_put table,
		output_put json, const void *data, struct err *err);

/* The same in one format. */
int output_as(const struct options *options, enum output_format format,
	      output_put put, const void *data, struct err *err);

/* Write text to every output of `format`: standard output or a file. */
int output_write(const struct options *options, enum output_format format,
		 const struct buf *text, struct err *err);

#endif
