// SPDX-License-Identifier: Apache-2.0
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "net/client/client.h"
#include "net/raw_client_test.h"

namespace souk::net {
namespace {

// A certificate for 127.0.0.1 that signs itself, and its key, in a folder of their own.
struct Certificate {
  std::string folder, certificate, key;

  Certificate() {
    std::string pattern = (std::filesystem::temp_directory_path() / "souk-tls-XXXXXX").string();
    folder = mkdtemp(pattern.data());
    certificate = folder + "/certificate.pem";
    key = folder + "/key.pem";
    EVP_PKEY* pair = EVP_EC_gen("P-256");
    X509* x509 = X509_new();
    X509_set_version(x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -60);
    X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
    X509_set_pubkey(x509, pair);
    X509_NAME* name = X509_get_subject_name(x509);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("souk test"), -1, -1,
                               0);
    X509_set_issuer_name(x509, name);
    for (auto [id, value] : {std::pair{NID_subject_alt_name, "IP:127.0.0.1"}, {NID_basic_constraints, "CA:TRUE"}}) {
      X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value);
      X509_add_ext(x509, extension, -1);
      X509_EXTENSION_free(extension);
    }
    X509_sign(x509, pair, EVP_sha256());
    FILE* file = std::fopen(certificate.c_str(), "w");
    PEM_write_X509(file, x509);
    std::fclose(file);
    file = std::fopen(key.c_str(), "w");
    PEM_write_PrivateKey(file, pair, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    X509_free(x509);
    EVP_PKEY_free(pair);
  }
  ~Certificate() { std::filesystem::remove_all(folder); }
  ServerSettings settings() const { return {.threads = 1, .tls_certificate = certificate, .tls_key = key}; }
};

// What a client that allows only these versions and protocols comes to; empty: no handshake.
std::string handshake(std::uint16_t port, int max_version, std::string_view alpn) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context, max_version);
  if (!alpn.empty()) {
    SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(alpn.data()),
                            static_cast<unsigned>(alpn.size()));
  }
  RawClient client(port);
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, client.fd());
  std::string result;
  if (SSL_connect(ssl) == 1) {
    const unsigned char* chosen = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(ssl, &chosen, &length);
    result = std::string(SSL_get_version(ssl)) + " " + std::string(reinterpret_cast<const char*>(chosen), length);
  }
  SSL_free(ssl);
  SSL_CTX_free(context);
  return result;
}

TEST(Tls, ClientAndServerSpeakWithVerifiedCertificates) {
  Certificate certificate;
  TestServer server(
      [](StreamPtr stream) {
        EXPECT_TRUE(stream->head().secure);
        stream->limit({.max_bytes = 16 << 20});
        echo(std::move(stream));
      },
      certificate.settings());
  ASSERT_TRUE(server.server.url().starts_with("https://"));
  Client trusting({.ca_file = certificate.certificate});
  for (std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{100'000}, std::size_t{8} << 20}) {
    std::string body(size, 'x');
    auto answer = trusting.send({.method = "POST", .url = server.server.url(), .body = body});
    ASSERT_TRUE(answer) << answer.error().describe();
    EXPECT_EQ(answer->body, "POST /  " + body);
  }
  auto refused = Client().send({.url = server.server.url()});
  ASSERT_FALSE(refused) << "the system does not know this certificate";
  EXPECT_NE(refused.error().message.find("certificate"), std::string::npos) << refused.error().message;
}

TEST(Tls, TakesOnlySafeVersionsAndItsOwnProtocols) {
  Certificate certificate;
  TestServer server(echo, certificate.settings());
  EXPECT_EQ(handshake(server.port(), TLS1_3_VERSION, "\x02h2\x08http/1.1"), "TLSv1.3 h2");
  EXPECT_EQ(handshake(server.port(), TLS1_3_VERSION, "\x08http/1.1"), "TLSv1.3 http/1.1");
  EXPECT_EQ(handshake(server.port(), TLS1_2_VERSION, ""), "TLSv1.2 ");
  EXPECT_EQ(handshake(server.port(), TLS1_1_VERSION, ""), "");
  EXPECT_EQ(handshake(server.port(), TLS1_3_VERSION, "\x05other"), "");
}

TEST(Tls, OutlivesClientsThatDoNotSpeakIt) {
  Certificate certificate;
  ServerSettings settings = certificate.settings();
  settings.head_timeout = std::chrono::milliseconds(200);
  TestServer server(echo, settings);
  RawClient plain(server.port());
  plain.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(plain.ended());
  RawClient silent(server.port());
  EXPECT_TRUE(silent.ended()) << "a handshake has its time";
  EXPECT_EQ(handshake(server.port(), TLS1_3_VERSION, ""), "TLSv1.3 ");
}

TEST(Tls, SaysWhichFileIsWrong) {
  Certificate mine, other;
  Logger log(Logger::Level::off);
  Metrics metrics;
  auto start = [&](std::string certificate, std::string key) {
    ServerSettings settings{.threads = 1, .tls_certificate = std::move(certificate), .tls_key = std::move(key)};
    return Server(settings, "127.0.0.1:0", echo, log, metrics).start().error().message;
  };
  EXPECT_NE(start(mine.folder + "/none", mine.key).find("/none"), std::string::npos);
  EXPECT_NE(start(mine.certificate, mine.certificate).find("certificate.pem"), std::string::npos);
  EXPECT_NE(start(mine.certificate, other.key).find(other.key), std::string::npos);
  EXPECT_NE(start(mine.certificate, "").find("net.tls_key"), std::string::npos);
}

}  // namespace
}  // namespace souk::net
