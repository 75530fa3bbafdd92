// SPDX-License-Identifier: Apache-2.0
#include "webhooks/signature.h"

#include "base/digest.h"

namespace souk::webhooks {

namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr std::size_t kFewest = 24, kMost = 64;
constexpr std::size_t kMade = 32;

}  // namespace

std::string make_secret() {
  return std::string(kPrefix) + to_base64(random_bytes(kMade));
}

Status check_secret(std::string_view secret) {
  const auto key = secret.starts_with(kPrefix) ? from_base64(secret.substr(kPrefix.size()))
                                               : Result<std::string>(invalid_argument("no prefix"));
  if (key && key->size() >= kFewest && key->size() <= kMost) return {};
  return invalid_argument("this is no secret of a webhook")
      .at("secret")
      .advise("whsec_ and 24 to 64 random bytes in base64; leave it out to get one made");
}

std::string signature_of(const std::vector<std::string>& secrets, std::string_view id, std::int64_t timestamp,
                         std::string_view body) {
  std::string text(id);
  text.append(".").append(std::to_string(timestamp)).append(".").append(body);
  std::string out;
  for (const std::string& secret : secrets) {
    const auto key = from_base64(std::string_view(secret).substr(kPrefix.size()));
    if (!key) continue;  // none that check_secret let in
    out.append(out.empty() ? "" : " ").append("v1,").append(to_base64(hmac_sha256(*key, text)));
  }
  return out;
}

}  // namespace souk::webhooks
