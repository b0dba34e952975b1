/* foreign.c - see foreign.h. */
#include "reconciler/model/foreign.h"

#include "reconciler/core/str.h"

#define PATTERNS_MAX 8

struct product {
	struct foreign_owner owner;
	const char *pools[PATTERNS_MAX];
	const char *folders[PATTERNS_MAX];
};

static const struct product products[] = {
	{ { "SharePoint", "change it there (Set-SPManagedAccount)" },
	  { "SharePoint - *", "SharePoint Central Administration*",
	    "SharePoint Web Services *",
	    "SecurityTokenServiceApplicationPool" },
	  { "*\\Microsoft Shared\\Web Server Extensions\\*",
	    "*\\wss\\VirtualDirectories\\*" } },
	{ { "Exchange", "its setup owns the identity; leave it as it is" },
	  { "MSExchange*" },
	  { "*\\Microsoft\\Exchange Server\\*" } },
	{ { "WSUS", "its setup owns the identity; leave it as it is" },
	  { "WsusPool" },
	  { "*\\Update Services\\*" } },
	{ { "Configuration Manager",
	    "change its site system role in the console" },
	  { "SMS Management Point Pool", "SMS Distribution Points Pool",
	    "SMS Windows Auth Management Point Pool", "CCM * Pool" },
	  { "*\\SMS_CCM\\*", "*\\Microsoft Configuration Manager\\*" } },
	{ { "AD FS", "change its service account there" },
	  { "ADFSAppPool" },
	  { "*\\inetpub\\adfs\\*" } },
};

static bool matches(const char *const patterns[], const char *text)
{
	for (size_t i = 0; i < PATTERNS_MAX && patterns[i]; i++) {
		if (str_glob_match(patterns[i], text))
			return true;
	}
	return false;
}

const struct foreign_owner *foreign_owner_of(const struct observed_pool *pool)
{
	const struct pool_app *app;

	for (size_t i = 0; i < sizeof(products) / sizeof(*products); i++) {
		if (matches(products[i].pools, pool->name))
			return &products[i].owner;
		array_foreach(app, &pool->apps) {
			if (matches(products[i].folders, app->folder))
				return &products[i].owner;
		}
	}
	return NULL;
}
