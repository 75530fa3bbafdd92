// SPDX-License-Identifier: Apache-2.0
#include "blobs/s3/signature.h"

#include <algorithm>
#include <map>

#include "base/digest.h"

namespace souk::blobs::s3 {

namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

// "20130524T000000Z"
std::string stamp_of(Time at) {
  std::string text = format_rfc3339(at);
  std::string out;
  for (char c : text.substr(0, 19)) {
    if (c != '-' && c != ':') out += c;
  }
  return out + "Z";
}

struct Scope {
  std::string stamp, day, text;
};

Scope scope_of(const Address& address, Time at) {
  Scope out;
  out.stamp = stamp_of(at);
  out.day = out.stamp.substr(0, 8);
  out.text = out.day + "/" + address.region + "/s3/aws4_request";
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return out;
}

struct Canonical {
  std::string headers;  // lines
  std::string names;    // joined by ';'
};

Canonical canonical_headers(const std::vector<net::Header>& headers) {
  std::map<std::string, std::string> sorted;
  for (const net::Header& header : headers) sorted[lower(header.name)] = header.value;
  Canonical out;
  for (const auto& [name, value] : sorted) {
    out.headers += name + ":" + value + "\n";
    out.names += (out.names.empty() ? "" : ";") + name;
  }
  return out;
}

std::string signature_of(const Credentials& credentials, const Address& address, const Scope& scope,
                         const std::string& request) {
  std::string text = std::string(kAlgorithm) + "\n" + scope.stamp + "\n" + scope.text + "\n" + sha256(request).hex();
  std::string key = hmac_sha256("AWS4" + credentials.secret_key, scope.day);
  for (std::string_view step :
       {std::string_view(address.region), std::string_view("s3"), std::string_view("aws4_request")}) {
    key = hmac_sha256(key, step);
  }
  return to_hex(as_bytes(hmac_sha256(key, text)));
}

std::string request_text(std::string_view method, std::string_view path, const std::string& query,
                         const Canonical& headers, std::string_view payload) {
  std::string out(method);
  out.append("\n").append(path).append("\n").append(query).append("\n").append(headers.headers).append("\n");
  return out.append(headers.names).append("\n").append(payload);
}

}  // namespace

std::string canonical_query(Query query) {
  for (auto& [name, value] : query) {
    name = encode(name, true);
    value = encode(value, true);
  }
  std::sort(query.begin(), query.end());
  std::string out;
  for (const auto& [name, value] : query) out.append(out.empty() ? "" : "&").append(name).append("=").append(value);
  return out;
}

std::vector<net::Header> sign(const Credentials& credentials, const Address& address, Time at, std::string_view method,
                              std::string_view path, const Query& query, const std::vector<net::Header>& headers,
                              std::string_view payload) {
  Scope scope = scope_of(address, at);
  std::vector<net::Header> added{{"x-amz-date", scope.stamp}, {"x-amz-content-sha256", std::string(payload)}};
  if (!credentials.session_token.empty()) added.push_back({"x-amz-security-token", credentials.session_token});
  std::vector<net::Header> all = headers;
  all.insert(all.end(), added.begin(), added.end());
  all.push_back({"host", address.host});
  Canonical canonical = canonical_headers(all);
  std::string signature =
      signature_of(credentials, address, scope, request_text(method, path, canonical_query(query), canonical, payload));
  added.push_back({"Authorization", std::string(kAlgorithm) + " Credential=" + credentials.access_key + "/" +
                                        scope.text + ",SignedHeaders=" + canonical.names + ",Signature=" + signature});
  return added;
}

std::string presign(const Credentials& credentials, const Address& address, Time at, std::string_view path,
                    const Query& query, std::chrono::seconds life) {
  Scope scope = scope_of(address, at);
  Query all = query;
  all.insert(all.end(), {{"X-Amz-Algorithm", std::string(kAlgorithm)},
                         {"X-Amz-Credential", credentials.access_key + "/" + scope.text},
                         {"X-Amz-Date", scope.stamp},
                         {"X-Amz-Expires", std::to_string(life.count())},
                         {"X-Amz-SignedHeaders", "host"}});
  if (!credentials.session_token.empty()) all.push_back({"X-Amz-Security-Token", credentials.session_token});
  std::string text = canonical_query(all);
  std::string signature =
      signature_of(credentials, address, scope,
                   request_text("GET", path, text, canonical_headers({{"host", address.host}}), kUnsignedPayload));
  return address.origin + std::string(path) + "?" + text + "&X-Amz-Signature=" + signature;
}

}  // namespace souk::blobs::s3
