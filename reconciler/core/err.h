/*
 * err.h - the one error vocabulary of lockstep.
 *
 * A function that can fail returns int: 0, or a negative enum err_code. It
 * fills *err (if not NULL) on failure and only then, and never prints or
 * logs. main.c is the only caller that prints.
 *
 * STATE_FILE is not called STATE because OpenSSL has a type ERR_STATE.
 *
 * What IIS and WAS answer about a pool are outcomes (model/outcome.h), not
 * error codes.
 */
#ifndef CORE_ERR_H
#define CORE_ERR_H

/* clang-format off */
/* X(name, exit code, what it means, what to do next) - the only place where
 * an error is defined. */
#define ERR_LIST(X) \
	X(NOMEM, 1, "out of memory", "give the process more memory, or select fewer servers") \
	X(BUG, 1, "internal fault", "please report this with the text above; nothing was changed after it") \
	X(USAGE, 64, "wrong usage", "see lockstep --help") \
	X(NOT_CONFIRMED, 64, "nobody confirmed the plan", "run it at a terminal, or add --auto-approve") \
	X(FILE, 1, "a file can't be used", "check that the path is right and readable") \
	X(FILE_MODE, 1, "a file is not protected as it must be", "mend owner and mode as said above; root or the user who runs lockstep must own it") \
	X(LIMIT, 1, "a limit was exceeded", "make the input smaller") \
	X(CONFIG, 1, "the configuration is not valid", "mend what is named above; lockstep explain Config tells what a field takes") \
	X(MANIFEST, 1, "the manifests are not valid", "mend the lines named above; lockstep explain KIND tells what a field takes") \
	X(SECRET, 1, "a secret can't be used", "see the secrets section of the configuration") \
	X(GRANT, 8, "the configuration does not allow this", "a line under grants in the configuration must allow it") \
	X(CAP, 8, "more than the configuration allows", "select fewer servers, or have caps raised in the configuration") \
	X(NEW_PAIR, 8, "an account would reach a server for the first time", "confirm it at a terminal, have a saved plan approved (lockstep approve PLAN), or set newPairs: allow in the configuration") \
	X(UNPROVED, 8, "no directory proves the password", "set allow: {unproved: true} in the configuration to accept that") \
	X(RECORD, 1, "a reply is not in the agreed form", "look at the server; lockstep changed nothing because of this reply") \
	X(KEY, 1, "the SSH key can't be used", "use an unencrypted ed25519 key: ssh-keygen -t ed25519") \
	X(KNOWN_HOSTS, 1, "known_hosts can't be used", "mend what is named above; ssh-keyscan -t ed25519 SERVER prints lines of the right form: compare the key out of band") \
	X(HOST_KEY, 4, "the server's host key is not the pinned one", "compare the key out of band; if it is right, put it into known_hosts") \
	X(CONNECT, 4, "the server can't be reached", "check name, port, firewall and that sshd runs there") \
	X(AUTH, 4, "the server refused the SSH key", "check ssh.user and administrators_authorized_keys on the server") \
	X(SSH, 4, "the SSH session broke", "run the command again; it looks before it writes") \
	X(DEADLINE, 4, "the server took too long", "run the command again; it looks before it writes") \
	X(NO_REPLY, 4, "no valid reply came", "check that powershell.exe runs there for the SSH user, and its language mode") \
	X(SERVER_FAULT, 4, "the server could not carry out the request", "mend the server as the text says, then run the command again") \
	X(LOCKED, 6, "another run holds the state", "wait for it to end, then run the command again") \
	X(STATE_FILE, 1, "the state file can't be used", "check disk and permissions of the state folder, then run the command again; it looks before it writes") \
	X(STATE_DAMAGED, 1, "the state file is missing, older or damaged", "put the latest copy of the state file back, or rebuild it: lockstep state repair") \
	X(PLAN_MOVED, 7, "a server is not as the plan saw it", "run lockstep plan again") \
	X(PLAN_FILE, 7, "a saved plan can't be used", "make a new one: lockstep plan --out FILE") \
	X(APPROVAL, 8, "the plan is not approved", "have it approved: lockstep approve PLAN --reason TEXT") \
	X(WINDOW_CLOSED, 5, "no change window is open", "wait for it (--wait-window), or override it (--override-window --reason TEXT)") \
	X(NO_OVERRIDE, 8, "a change window forbids overriding", "wait until it ends (lockstep windows check), or leave out what it covers (--exclude-server)") \
	X(INTERRUPTED, 130, "interrupted", "run lockstep apply: it finishes what was begun")
/* clang-format on */

#define ERR_ENUM(name, exit, text, next) ERR_##name,
enum err_code { ERR_NONE, ERR_LIST(ERR_ENUM) ERR_COUNT };
#undef ERR_ENUM

struct err {
	int code;       /* negative enum err_code */
	char what[768]; /* for the operator, may hold lines; never a secret */
};

const char *err_text(int code); /* what the code means */
const char *err_next(int code); /* what to do next */
int err_exit(int code);         /* exit status of the program */

void err_fill(struct err *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void err_fill_before(struct err *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Both are macros, so that compilers and analysers see which code returns. */
/* NOLINTBEGIN(readability-identifier-naming): used as functions */

/* Fill *err (NULL is fine) and return code: `return err_set(...)`. */
#define err_set(err, code, ...)                      \
	__extension__({                              \
		int code_ = (code);                  \
		err_fill((err), code_, __VA_ARGS__); \
		code_;                               \
	})

/* Put "text: " in front of what *err says already, and return code. */
#define err_prefix(err, code, ...)                          \
	__extension__({                                     \
		int code_ = (code);                         \
		err_fill_before((err), code_, __VA_ARGS__); \
		code_;                                      \
	})

/* NOLINTEND(readability-identifier-naming) */

#define CLEANUP(fn) __attribute__((cleanup(fn)))

#endif
