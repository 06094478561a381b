// libssl's macros as functions: one each, no logic.
#pragma once
#include <openssl/core_dispatch.h>
#include <openssl/core_object.h>
#include <openssl/provider.h>
#include <openssl/ssl.h>

static inline long shim_SSL_CTX_set_mode(SSL_CTX *ctx, long mode) { return SSL_CTX_set_mode(ctx, mode); }
static inline long shim_SSL_CTX_clear_mode(SSL_CTX *ctx, long mode) { return SSL_CTX_clear_mode(ctx, mode); }
static inline int shim_SSL_CTX_set_min_proto_version(SSL_CTX *ctx, int version) {
    return (int)SSL_CTX_set_min_proto_version(ctx, version);
}
static inline int shim_SSL_CTX_set_max_proto_version(SSL_CTX *ctx, int version) {
    return (int)SSL_CTX_set_max_proto_version(ctx, version);
}
static inline int shim_SSL_CTX_set1_groups_list(SSL_CTX *ctx, const char *groups) {
    return (int)SSL_CTX_set1_groups_list(ctx, groups);
}
static inline int shim_SSL_CTX_set1_sigalgs_list(SSL_CTX *ctx, const char *algorithms) {
    return (int)SSL_CTX_set1_sigalgs_list(ctx, algorithms);
}
static inline int shim_SSL_CTX_add1_chain_cert(SSL_CTX *ctx, X509 *certificate) {
    return (int)SSL_CTX_add1_chain_cert(ctx, certificate);
}
static inline long shim_SSL_CTX_set_session_cache_mode(SSL_CTX *ctx, long mode) {
    return SSL_CTX_set_session_cache_mode(ctx, mode);
}
static inline long shim_SSL_CTX_set_max_cert_list(SSL_CTX *ctx, long byteCount) {
    return SSL_CTX_set_max_cert_list(ctx, byteCount);
}
static inline int shim_SSL_set_tlsext_host_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}
static inline long shim_SSL_get_negotiated_group(SSL *ssl) { return SSL_get_negotiated_group(ssl); }
static inline STACK_OF(X509_NAME) *shim_sk_X509_NAME_new_null(void) { return sk_X509_NAME_new_null(); }
static inline int shim_sk_X509_NAME_push(STACK_OF(X509_NAME) *stack, X509_NAME *name) {
    return sk_X509_NAME_push(stack, name);
}
static inline void shim_sk_X509_NAME_free_all(STACK_OF(X509_NAME) *stack) {
    sk_X509_NAME_pop_free(stack, X509_NAME_free);
}
static inline int shim_sk_SSL_CIPHER_num(const STACK_OF(SSL_CIPHER) *list) { return sk_SSL_CIPHER_num(list); }
static inline const SSL_CIPHER *shim_sk_SSL_CIPHER_value(const STACK_OF(SSL_CIPHER) *list, int index) {
    return sk_SSL_CIPHER_value(list, index);
}
static inline BIO *shim_BIO_of(const unsigned char *bytes, int count) {
    return BIO_new_mem_buf(bytes, count);
}
static inline int shim_ERR_GET_LIB(unsigned long code) { return ERR_GET_LIB(code); }
static inline int shim_ERR_GET_REASON(unsigned long code) { return ERR_GET_REASON(code); }
static inline uint64_t shim_SSL_OP_NO_RENEGOTIATION(void) { return SSL_OP_NO_RENEGOTIATION; }
static inline uint64_t shim_SSL_OP_NO_COMPRESSION(void) { return SSL_OP_NO_COMPRESSION; }
static inline uint64_t shim_SSL_OP_NO_TICKET(void) { return SSL_OP_NO_TICKET; }
static inline uint64_t shim_SSL_OP_IGNORE_UNEXPECTED_EOF(void) { return SSL_OP_IGNORE_UNEXPECTED_EOF; }
static inline uint64_t shim_SSL_OP_CIPHER_SERVER_PREFERENCE(void) { return SSL_OP_CIPHER_SERVER_PREFERENCE; }
