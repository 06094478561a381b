// libssl's macros as functions: one each, no logic.
#pragma once
#include <openssl/ssl.h>
