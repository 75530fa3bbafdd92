// SPDX-License-Identifier: Apache-2.0
//
// TLS by OpenSSL over a non-blocking descriptor. Versions 1.2 and 1.3, ALPN h2 and http/1.1, no renegotiation.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <climits>
#include <cstring>

#include "net/wire.h"

namespace souk::net {
namespace {

constexpr std::size_t kRecord = 16 << 10;  // bytes that one TLS record carries at most

std::string openssl_error() {
  char text[256] = "no reason given";
  if (unsigned long code = ERR_get_error(); code != 0) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

class TlsWire final : public Wire {
 public:
  TlsWire(SSL_CTX* context, int fd) : ssl_(SSL_new(context)), fd_(fd) {
    if (ssl_ == nullptr) return;
    SSL_set_fd(ssl_, fd);
    SSL_set_accept_state(ssl_);
  }
  ~TlsWire() override { SSL_free(ssl_); }

  IoResult handshake() override {
    if (ssl_ == nullptr) return {};
    ERR_clear_error();
    int rc = SSL_do_handshake(ssl_);
    return rc == 1 ? IoResult{IoResult::Kind::moved, 0} : outcome(rc);
  }

  IoResult read(std::span<std::byte> into) override {
    ERR_clear_error();
    int rc = SSL_read(ssl_, into.data(), static_cast<int>(std::min<std::size_t>(into.size(), INT_MAX)));
    return rc > 0 ? IoResult{IoResult::Kind::moved, static_cast<std::size_t>(rc)} : outcome(rc);
  }

  IoResult peek() override {
    ERR_clear_error();
    char one;
    int rc = SSL_peek(ssl_, &one, 1);
    return rc > 0 ? IoResult{IoResult::Kind::moved, 1} : outcome(rc);
  }

  // What OpenSSL could not write must be offered again as it was: a piece is retried from the same first byte,
  // which the caller does, and may have moved in memory (SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER).
  // Small pieces share a record: HTTP/2 comes in frames with heads of nine bytes.
  IoResult write(std::span<const iovec> pieces) override {
    std::size_t total = 0, skip = 0;
    char joined[kRecord];
    while (!pieces.empty()) {
      auto rest = std::span(static_cast<const char*>(pieces[0].iov_base), pieces[0].iov_len).subspan(skip);
      if (rest.size() < kRecord && pieces.size() > 1) rest = join(pieces, skip, joined);
      int rc = 1;
      if (!rest.empty()) {
        ERR_clear_error();
        rc = SSL_write(ssl_, rest.data(), static_cast<int>(std::min<std::size_t>(rest.size(), INT_MAX)));
        if (rc <= 0) return total > 0 ? IoResult{IoResult::Kind::moved, total} : outcome(rc);
        total += static_cast<std::size_t>(rc);
        skip += static_cast<std::size_t>(rc);
      }
      while (!pieces.empty() && skip >= pieces[0].iov_len) {
        skip -= pieces[0].iov_len;
        pieces = pieces.subspan(1);
      }
    }
    return {IoResult::Kind::moved, total};
  }

  bool holds_input() const override { return SSL_has_pending(ssl_) == 1; }

  std::string_view protocol() const override {
    const unsigned char* name = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(ssl_, &name, &length);
    return {reinterpret_cast<const char*>(name), length};
  }

  void shutdown_write() override {
    if (ssl_ != nullptr && SSL_is_init_finished(ssl_)) SSL_shutdown(ssl_);
    ERR_clear_error();
    ::shutdown(fd_, SHUT_WR);
  }

 private:
  // As much as one record takes, from behind the first `skip` bytes.
  static std::span<const char> join(std::span<const iovec> pieces, std::size_t skip, char (&into)[kRecord]) {
    std::size_t filled = 0;
    for (const iovec& piece : pieces) {
      std::size_t n = std::min(piece.iov_len - skip, kRecord - filled);
      std::memcpy(into + filled, static_cast<const char*>(piece.iov_base) + skip, n);
      filled += n;
      skip = 0;
      if (filled == kRecord) break;
    }
    return {into, filled};
  }

  IoResult outcome(int rc) {
    switch (SSL_get_error(ssl_, rc)) {
      case SSL_ERROR_WANT_READ:
        return {IoResult::Kind::again_read, 0};
      case SSL_ERROR_WANT_WRITE:
        return {IoResult::Kind::again_write, 0};
      case SSL_ERROR_ZERO_RETURN:
        return {IoResult::Kind::end, 0};
      default:
        ERR_clear_error();
        return {IoResult::Kind::failed, 0};
    }
  }

  SSL* ssl_;
  int fd_;
};

int select_protocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
                    unsigned int in_length, void*) {
  static constexpr unsigned char kOurs[] = "\x02h2\x08http/1.1";
  auto** chosen = const_cast<unsigned char**>(out);
  if (SSL_select_next_proto(chosen, out_length, kOurs, sizeof kOurs - 1, in, in_length) == OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

class OpenSslContext final : public TlsContext {
 public:
  OpenSslContext() : context_(SSL_CTX_new(TLS_server_method())) {}
  ~OpenSslContext() override { SSL_CTX_free(context_); }

  Status load(const std::string& certificate_file, const std::string& key_file) {
    if (context_ == nullptr) return internal("cannot make a TLS context: " + openssl_error());
    SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
    SSL_CTX_set_options(context_, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context_,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(context_, select_protocol, nullptr);
    static constexpr unsigned char kSession[] = "souk";
    SSL_CTX_set_session_id_context(context_, kSession, sizeof kSession - 1);
    if (SSL_CTX_use_certificate_chain_file(context_, certificate_file.c_str()) != 1) {
      return invalid_argument("cannot read the TLS certificate " + certificate_file + ": " + openssl_error())
          .at("net.tls_certificate");
    }
    if (SSL_CTX_use_PrivateKey_file(context_, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
      return invalid_argument("cannot read the TLS key " + key_file + ": " + openssl_error()).at("net.tls_key");
    }
    if (SSL_CTX_check_private_key(context_) != 1) {
      return invalid_argument("the TLS key " + key_file + " is not that of the certificate " + certificate_file)
          .at("net.tls_key");
    }
    return {};
  }

  std::unique_ptr<Wire> make_wire(int fd) override { return std::make_unique<TlsWire>(context_, fd); }

 private:
  SSL_CTX* context_;
};

}  // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::open(const std::string& certificate_file, const std::string& key_file) {
  auto context = std::make_shared<OpenSslContext>();
  SOUK_TRY(context->load(certificate_file, key_file));
  return std::shared_ptr<TlsContext>(std::move(context));
}

}  // namespace souk::net
