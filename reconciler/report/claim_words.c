/* claim_words.c - what reports of claims say alike. */
#include "reconciler/core/str.h"
#include "reconciler/report/claims.h"
#include "reconciler/report/text.h"

void claim_put_identity(const struct report_context *context,
			const struct binding *binding, struct buf *out)
{
	const struct account *account;

	if (binding->account >= context->desired->accounts.n) {
		buf_puts(out, identity_type_name(binding->identity));
		return;
	}
	account = &context->desired->accounts.items[binding->account];
	if (account->domain < context->config->domains.n)
		text_account(context, out, binding->account);
	else
		str_put_plain(out, account->user);
}

const char *claim_how_name(enum declared_how how)
{
	switch (how) {
	case DECLARED_PATTERN:
		return "pattern";
	case DECLARED_FOLLOW:
		return "follow";
	case DECLARED_NAME:
		break;
	}
	return "name";
}

const char *claim_restart_name(const struct binding *binding)
{
	switch (binding->restart) {
	case RESTART_RESTART:
		return "restart";
	case RESTART_NONE:
		return "no recycle";
	case RESTART_RECYCLE:
		break;
	}
	return "recycle";
}
