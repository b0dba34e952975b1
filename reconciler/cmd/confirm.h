/*
 * confirm.h - asking the person at the terminal.
 */
#ifndef CMD_CONFIRM_H
#define CMD_CONFIRM_H

#include <stdbool.h>

/* Is there somebody to ask? */
bool confirm_possible(void);
/* Ask; only the word yes is yes. */
bool confirm_yes(const char *question);

#endif
