/*
 * yaml_text.h - what is wrong with a text before or while libyaml reads it.
 */
#ifndef MANIFEST_YAML_TEXT_H
#define MANIFEST_YAML_TEXT_H

#include "reconciler/manifest/problem.h"

#include <stdbool.h>
#include <stddef.h>

struct yaml_parser_s;

/* UTF-8, no byte order mark, no NUL, at most max bytes. False: one problem
 * says what and where. */
bool yaml_text_check(const char *file, const char *bytes, size_t len,
		     size_t max, struct problems *problems);

/* The problem at which the parser stopped. */
void yaml_text_explain(const struct yaml_parser_s *parser, const char *file,
		       const char *bytes, size_t len,
		       struct problems *problems);

#endif
