/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the collectd-drs authors
 *
 * Finds a secret at the start of a text, however the text is encoded: services
 * quote their requests in JSON, in HTML, in a URL or in base64. */

#ifndef DRS_BASE_REDACT_H
#define DRS_BASE_REDACT_H

#include <stddef.h>

/* Shorter secrets are not looked for: every text has them. */
#define REDACT_LEN_MIN 4

/* How many bytes of the text's start are the secret, in any encoding, or at
 * least the first 12 bytes of it; 0: none. */
size_t redact_match(const char *text, const char *secret, size_t len);

/* How many bytes of the text's start are the signature of an Authorization
 * header: 64 hexadecimal digits, or fewer behind "Signature="; 0: none. */
size_t redact_signature(const char *text);

#endif
