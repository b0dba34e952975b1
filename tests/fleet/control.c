/* control.c - see control.h. */
#include "tests/fleet/control.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WORDS_MAX 8
#define WORD_MAX  1048576
#define REPLY_MAX ((size_t)64 << 20)

struct control {
	struct fleet *fleet;
	int listener;
};

static bool read_all(int fd, void *bytes, size_t len)
{
	char *at = bytes;

	while (len > 0) {
		ssize_t n = read(fd, at, len);

		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static bool write_all(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static char *read_word(int fd, uint32_t *ret_len)
{
	char *word;

	if (!read_all(fd, ret_len, sizeof(*ret_len)) || *ret_len > WORD_MAX)
		return NULL;
	word = need(malloc((size_t)*ret_len + 1));
	word[*ret_len] = '\0';
	if (read_all(fd, word, *ret_len))
		return word;
	free(word);
	return NULL;
}

static void answer(struct fleet *fleet, int fd)
{
	CLEANUP(buf_done) struct buf out = { 0 };
	char *words[WORDS_MAX + 1] = { NULL };
	struct order order = { 0 };
	uint32_t n = 0;
	uint32_t len = 0;
	bool good = read_all(fd, &n, sizeof(n)) && n >= 2 && n <= WORDS_MAX;

	buf_init(&out, REPLY_MAX);
	for (uint32_t i = 0; good && i < n; i++) {
		words[i] = read_word(fd, &len);
		good = words[i] != NULL;
	}
	if (good) {
		uint8_t status;

		order.n = n - 1;
		memcpy(order.words, words, order.n * sizeof(*words));
		order.input = words[n - 1];
		order.input_len = len;
		status = (uint8_t)order_carry_out(fleet, &order, &out);
		if (write_all(fd, &status, 1))
			(void)write_all(fd, buf_text(&out), out.len);
	}
	for (uint32_t i = 0; i < WORDS_MAX; i++)
		free(words[i]);
	(void)close(fd);
}

static void *run(void *data)
{
	struct control *control = data;

	while (true) {
		int fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0)
			answer(control->fleet, fd);
		else if (errno != EINTR && errno != ECONNABORTED)
			break;
	}
	free(control);
	return NULL;
}

static int open_socket(const char *path, struct sockaddr_un *ret,
		       struct err *err)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(ret->sun_path))
		return err_set(err, -ERR_FILE, "%s: too long for a socket",
			       path);
	memcpy(ret->sun_path, path, strlen(path) + 1);
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

int control_start(struct fleet *fleet, const char *path, struct err *err)
{
	struct control *control = need(calloc(1, sizeof(*control)));
	struct sockaddr_un address;
	pthread_t thread;
	int fd = open_socket(path, &address, err);

	(void)unlink(path);
	*control = (struct control){ .fleet = fleet, .listener = fd };
	if (fd < 0 ||
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, 64) < 0 ||
	    pthread_create(&thread, NULL, run, control) != 0) {
		free(control);
		return err_set(err, -ERR_FILE, "%s: %s", path,
			       strerrordesc_np(errno));
	}
	(void)pthread_detach(thread);
	return 0;
}

static bool send_word(int fd, const char *word, size_t len)
{
	uint32_t size = (uint32_t)len;

	return write_all(fd, &size, sizeof(size)) && write_all(fd, word, len);
}

static bool send_order(int fd, const struct order *order)
{
	uint32_t n = (uint32_t)order->n + 1;
	bool good = write_all(fd, &n, sizeof(n));

	for (size_t i = 0; good && i < order->n; i++)
		good = send_word(fd, order->words[i], strlen(order->words[i]));
	return good && send_word(fd, order->input, order->input_len);
}

int control_call(const char *path, const struct order *order, struct buf *out,
		 struct err *err)
{
	struct sockaddr_un address;
	uint8_t status = 1;
	char bytes[4096];
	ssize_t n;
	int fd = open_socket(path, &address, err);

	if (fd < 0)
		return fd;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) <
		    0 ||
	    !send_order(fd, order) || !read_all(fd, &status, 1)) {
		(void)close(fd);
		return err_set(err, -ERR_CONNECT, "%s: no fleet answers there",
			       path);
	}
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		buf_put(out, bytes, (size_t)n);
	(void)close(fd);
	return status;
}
