/* connection.c - one SSH connection to a server of the fleet, by libssh: a
 * thread of its own, several channels in it; see fleet.h. */
#include "tests/fleet/fleet.h"

#include "reconciler/core/str.h"
#include "reconciler/transport/powershell/script.h"
#include "tests/fleet/shell.h"
#include "tests/fleet/talk.h"

#include <arpa/inet.h>
#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHANNELS_MAX   16
#define LOOK_MS        5000
#define SILENCE_MS     300000
#define STATUS_NO_DATA 91 /* the stub's, when its input ends */

struct connection;

struct channel {
	struct connection *connection;
	ssh_channel ssh; /* NULL: the place is free */
	struct ssh_channel_callbacks_struct callbacks;
	char *command; /* once it was asked for */
	struct talk *talk;
	struct buf in;
	bool ended; /* no more input */
};

struct connection {
	struct fleet *fleet;
	size_t at;
	struct server *server;
	struct manner manner;
	ssh_session ssh;
	ssh_key client;
	bool logged_in;
	struct channel channels[CHANNELS_MAX];
};

/* ---- channels ----------------------------------------------------------- */

static int on_data(ssh_session ssh, ssh_channel channel_ssh, void *data,
		   uint32_t len, int is_stderr, void *user)
{
	struct channel *channel = user;

	(void)ssh;
	(void)channel_ssh;
	(void)is_stderr;
	buf_put(&channel->in, data, len);
	return (int)len;
}

static void on_end(ssh_session ssh, ssh_channel channel_ssh, void *user)
{
	struct channel *channel = user;

	(void)ssh;
	(void)channel_ssh;
	channel->ended = true;
}

static int on_exec(ssh_session ssh, ssh_channel channel_ssh,
		   const char *command, void *user)
{
	struct channel *channel = user;

	(void)ssh;
	(void)channel_ssh;
	if (channel->command)
		return SSH_ERROR;
	channel->command = need(strdup(command));
	return SSH_OK;
}

/* libssh's own shape. NOLINTNEXTLINE(readability-function-size) */
static int on_pty(ssh_session ssh, ssh_channel channel_ssh, const char *term,
		  int x, int y, int px, int py, void *user)
{
	(void)ssh;
	(void)channel_ssh;
	(void)term;
	(void)x;
	(void)y;
	(void)px;
	(void)py;
	(void)user;
	return SSH_OK;
}

static int on_env(ssh_session ssh, ssh_channel channel_ssh, const char *name,
		  const char *value, void *user)
{
	(void)ssh;
	(void)channel_ssh;
	(void)name;
	(void)value;
	(void)user;
	return SSH_OK;
}

static ssh_channel on_open(ssh_session ssh, void *user)
{
	struct connection *connection = user;
	struct channel *channel = connection->channels;

	while (channel < connection->channels + CHANNELS_MAX && channel->ssh)
		channel++;
	if (channel == connection->channels + CHANNELS_MAX)
		return NULL;
	*channel = (struct channel){ .connection = connection,
				     .ssh = ssh_channel_new(ssh) };
	if (!channel->ssh)
		return NULL;
	buf_init(&channel->in, (size_t)16 << 20);
	channel->callbacks = (struct ssh_channel_callbacks_struct){
		.userdata = channel,
		.channel_data_function = on_data,
		.channel_eof_function = on_end,
		.channel_close_function = on_end,
		.channel_exec_request_function = on_exec,
		.channel_pty_request_function = on_pty,
		.channel_env_request_function = on_env,
	};
	ssh_callbacks_init(&channel->callbacks);
	(void)ssh_set_channel_callbacks(channel->ssh, &channel->callbacks);
	return channel->ssh;
}

static void channel_done(struct channel *channel)
{
	if (!channel->ssh)
		return;
	(void)ssh_remove_channel_callbacks(channel->ssh, &channel->callbacks);
	ssh_channel_free(channel->ssh);
	free(channel->command);
	talk_free(channel->talk);
	buf_done(&channel->in);
	channel->ssh = NULL;
}

static void channel_put(struct channel *channel, const struct buf *out)
{
	if (out->len > 0)
		(void)ssh_channel_write(channel->ssh, out->data,
					(uint32_t)out->len);
}

static void channel_exit(struct channel *channel, int status)
{
	(void)ssh_channel_request_send_exit_status(channel->ssh, status);
	(void)ssh_channel_send_eof(channel->ssh);
	(void)ssh_channel_close(channel->ssh);
	channel_done(channel);
}

/* What came in since the last look; false: the connection is to be cut. */
static bool channel_step(struct channel *channel)
{
	struct connection *connection = channel->connection;
	CLEANUP(buf_done) struct buf out = { 0 };
	int status = TALK_GOES_ON;

	if (!channel->ssh || (!channel->command && !channel->ended))
		return true;
	buf_init(&out, (size_t)16 << 20);
	if (!channel->command) {
		channel_done(channel);
		return true;
	}
	if (!str_eq(channel->command, lockstep_command)) {
		status = shell_answer(connection->server->name,
				      channel->command, &out);
		channel_put(channel, &out);
		channel_exit(channel, status);
		return true;
	}
	if (!channel->talk)
		channel->talk =
			talk_new(connection->server, &connection->manner);
	if (channel->in.len > 0)
		status = talk_feed(channel->talk, channel->in.data,
				   channel->in.len, &out);
	buf_clear(&channel->in);
	channel_put(channel, &out);
	if (status == TALK_DROPPED)
		return false;
	if (status == TALK_GOES_ON && channel->ended)
		status = STATUS_NO_DATA;
	if (status != TALK_GOES_ON)
		channel_exit(channel, status);
	return true;
}

/* ---- login -------------------------------------------------------------- */

static int on_key(ssh_session ssh, const char *user, struct ssh_key_struct *key,
		  char state, void *data)
{
	struct connection *connection = data;

	(void)ssh;
	(void)user;
	if (connection->manner.misdeed == MISDEED_REFUSE_KEY ||
	    ssh_key_cmp(key, connection->client, SSH_KEY_CMP_PUBLIC) != 0)
		return SSH_AUTH_DENIED;
	if (state == SSH_PUBLICKEY_STATE_VALID)
		connection->logged_in = true;
	else if (state != SSH_PUBLICKEY_STATE_NONE)
		return SSH_AUTH_DENIED;
	return SSH_AUTH_SUCCESS;
}

static ssh_key import(const struct key_pair *pair)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	ssh_key key = NULL;

	buf_init(&text, 4096);
	key_put_private(pair, &text);
	if (ssh_pki_import_privkey_base64(buf_text(&text), NULL, NULL, NULL,
					  &key) != SSH_OK)
		abort();
	return key;
}

/* libssh wants an ssh_bind for its host key; it listens on nothing. */
static bool accept_session(struct connection *connection, int fd)
{
	struct in_addr address = fleet_address(connection->at);
	struct key_pair pair;
	ssh_bind bind = need(ssh_bind_new());
	bool no = false;
	char text[INET_ADDRSTRLEN];
	bool good;

	key_derive(connection->fleet->manners.seed,
		   inet_ntop(AF_INET, &address, text, sizeof(text)), &pair);
	(void)ssh_bind_options_set(bind, SSH_BIND_OPTIONS_PROCESS_CONFIG, &no);
	good = ssh_bind_options_set(bind, SSH_BIND_OPTIONS_IMPORT_KEY,
				    import(&pair)) == SSH_OK &&
	       ssh_bind_accept_fd(bind, connection->ssh, fd) == SSH_OK;
	ssh_bind_free(bind);
	return good;
}

static void serve(struct connection *connection)
{
	ssh_event event = need(ssh_event_new());
	bool good = ssh_event_add_session(event, connection->ssh) == SSH_OK;
	bool counted = false;

	while (good && ssh_is_connected(connection->ssh)) {
		if (ssh_event_dopoll(event, LOOK_MS) == SSH_ERROR)
			break;
		if (connection->logged_in && !counted) {
			counted = true;
			(void)pthread_mutex_lock(&connection->server->lock);
			connection->server->logins++;
			(void)pthread_mutex_unlock(&connection->server->lock);
		}
		for (size_t i = 0; good && i < CHANNELS_MAX; i++)
			good = channel_step(&connection->channels[i]);
	}
	if (!good) /* cut, not closed */
		(void)shutdown(ssh_get_fd(connection->ssh), SHUT_RDWR);
	for (size_t i = 0; i < CHANNELS_MAX; i++)
		channel_done(&connection->channels[i]);
	(void)ssh_event_remove_session(event, connection->ssh);
	ssh_event_free(event);
}

static void converse(struct connection *connection, int fd)
{
	struct ssh_server_callbacks_struct callbacks = {
		.userdata = connection,
		.auth_pubkey_function = on_key,
		.channel_open_request_session_function = on_open,
	};

	ssh_callbacks_init(&callbacks);
	connection->ssh = need(ssh_new());
	connection->client = import(&connection->fleet->client);
	if (!accept_session(connection, fd)) {
		(void)close(fd);
	} else {
		ssh_set_auth_methods(connection->ssh,
				     SSH_AUTH_METHOD_PUBLICKEY);
		(void)ssh_set_server_callbacks(connection->ssh, &callbacks);
		if (ssh_handle_key_exchange(connection->ssh) == SSH_OK)
			serve(connection);
		ssh_disconnect(connection->ssh);
	}
	ssh_key_free(connection->client);
	ssh_free(connection->ssh);
}

/* ---- the connection ----------------------------------------------------- */

static void reset(int fd)
{
	struct linger linger = { .l_onoff = 1 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	(void)close(fd);
}

/* Nothing is said, for as long as the client waits. */
static void be_silent(int fd)
{
	char bytes[1024];
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	while (poll(&wait, 1, SILENCE_MS) > 0 &&
	       read(fd, bytes, sizeof(bytes)) > 0)
		;
	(void)close(fd);
}

void fleet_connection(struct fleet *fleet, int fd)
{
	struct connection *connection = need(calloc(1, sizeof(*connection)));
	struct sockaddr_in here = { 0 };
	socklen_t len = sizeof(here);
	unsigned number = 0;
	bool down = true;

	connection->fleet = fleet;
	connection->at = SIZE_MAX;
	if (getsockname(fd, (struct sockaddr *)&here, &len) == 0)
		connection->at = fleet_at(fleet, here.sin_addr);
	if (connection->at != SIZE_MAX) {
		connection->server = fleet->servers[connection->at];
		(void)pthread_mutex_lock(&connection->server->lock);
		number = connection->server->connections++;
		down = connection->server->down;
		(void)pthread_mutex_unlock(&connection->server->lock);
		connection->manner =
			manner_draw(&fleet->manners, connection->at, number);
	}
	if (down || connection->manner.misdeed == MISDEED_RESET)
		reset(fd);
	else if (connection->manner.misdeed == MISDEED_SILENT)
		be_silent(fd);
	else
		converse(connection, fd);
	free(connection);
}
