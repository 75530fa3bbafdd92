// SPDX-License-Identifier: Apache-2.0
#include "blobs/s3/address.h"

#include <algorithm>
#include <optional>

#include "base/settings.h"
#include "net/message.h"

namespace souk::blobs::s3 {

namespace {

constexpr std::string_view kScheme = "s3://";
constexpr std::size_t kMaxPrefix = 512;

Error wrong(std::string_view url, const std::string& why) {
  return invalid_argument("blobs URL '" + settings::mask_url(url) + "' " + why)
      .at("blobs")
      .advise("s3://BUCKET/PREFIX?endpoint=https://HOST&region=NAME");
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
bool is_bucket(std::string_view name) {
  return name.size() >= 3 && name.size() <= 63 && is_plain(name.front()) && is_plain(name.back()) &&
         name.find("..") == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_plain(c) || c == '-' || c == '.'; });
}

bool is_prefix(std::string_view text) {
  constexpr std::string_view kMarks = "-_./";
  bool letters = std::all_of(text.begin(), text.end(), [&](char c) {
    return is_plain(c) || (c >= 'A' && c <= 'Z') || kMarks.find(c) != std::string_view::npos;
  });
  std::string fenced = "/" + std::string(text) + "/";
  bool steps = text.empty() || (fenced.find("//") == std::string::npos && fenced.find("/./") == std::string::npos &&
                                fenced.find("/../") == std::string::npos);
  return letters && steps && text.size() <= kMaxPrefix;
}

bool is_region(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return is_plain(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
}

struct Endpoint {
  std::string scheme;
  std::string host;  // with its port, unless that is the scheme's own
};

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  Endpoint out;
  for (std::string_view scheme : {"https", "http"}) {
    if (text.starts_with(std::string(scheme) + "://")) out.scheme = scheme;
  }
  if (out.scheme.empty()) return std::nullopt;
  text.remove_prefix(out.scheme.size() + 3);
  if (text.ends_with('/')) text.remove_suffix(1);
  std::string_view own = out.scheme == "https" ? ":443" : ":80";
  if (text.ends_with(own)) text.remove_suffix(own.size());
  bool fits = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_plain(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == ':' || c == '[' || c == ']' ||
           c == '_';
  });
  if (!fits) return std::nullopt;
  out.host = text;
  return out;
}

std::string first_of(const Environment& environment, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* value = environment(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "";
}

struct Options {
  std::string endpoint, region, style;
};

Result<Options> parse_options(std::string_view url, std::string_view query, const Environment& environment) {
  Options out;
  for (auto& [name, value] : SOUK_TRY(net::parse_query(query))) {
    if (name == "endpoint") {
      out.endpoint = std::move(value);
    } else if (name == "region") {
      out.region = std::move(value);
    } else if (name == "style" && (value == "path" || value == "virtual")) {
      out.style = std::move(value);
    } else {
      return wrong(url, "has the option '" + name.substr(0, 40) + "', which is none or has no such value");
    }
  }
  if (out.endpoint.empty()) out.endpoint = first_of(environment, {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"});
  if (out.region.empty()) out.region = first_of(environment, {"AWS_REGION", "AWS_DEFAULT_REGION"});
  if (out.region.empty()) out.region = "us-east-1";
  return out;
}

}  // namespace

std::string encode(std::string_view text, bool slashes) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (unsigned char c : text) {
    bool plain = is_plain(static_cast<char>(c)) || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' ||
                 c == '~' || (c == '/' && !slashes);
    if (plain) {
      out += static_cast<char>(c);
    } else {
      out += '%';
      out += kHex[c >> 4];
      out += kHex[c & 15];
    }
  }
  return out;
}

std::string Address::path(std::string_view key) const {
  return base + encode(key, false);
}

Result<Address> parse_address(std::string_view url, const Environment& environment) {
  if (!url.starts_with(kScheme)) return wrong(url, "does not begin with s3://");
  std::string_view rest = url.substr(kScheme.size());
  std::size_t question = std::min(rest.find('?'), rest.size());
  std::string_view query = rest.substr(std::min(question + 1, rest.size())), place = rest.substr(0, question);
  if (place.find('@') != std::string_view::npos) {
    return wrong(url, "holds credentials, which do not belong there")
        .advise(
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, or s3.access_key and "
            "s3.secret_key in the settings file");
  }
  Options options = SOUK_TRY(parse_options(url, query, environment));
  Address out;
  std::size_t slash = std::min(place.find('/'), place.size());
  out.bucket = place.substr(0, slash);
  std::string_view prefix = place.substr(std::min(slash + 1, place.size()));
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (!is_bucket(out.bucket)) return wrong(url, "names no bucket: 3 to 63 of a-z, 0-9, '-' and '.'");
  if (!is_prefix(prefix)) return wrong(url, "has a prefix that is not of A-Z, a-z, 0-9, '-', '_', '.' and '/'");
  if (!is_region(options.region)) return wrong(url, "has a malformed region");
  if (!prefix.empty()) out.prefix = std::string(prefix) + "/";
  out.region = options.region;
  const bool is_amazon = options.endpoint.empty();
  std::string where = is_amazon ? "https://s3." + out.region + ".amazonaws.com" : options.endpoint;
  std::optional<Endpoint> endpoint = parse_endpoint(where);
  if (!endpoint) return wrong(url, "has an endpoint that is not http://HOST[:PORT] or https://HOST[:PORT]");
  // A bucket with dots has no certificate as a host's name.
  bool by_path =
      options.style.empty() ? !is_amazon || out.bucket.find('.') != std::string::npos : options.style == "path";
  out.host = by_path ? endpoint->host : out.bucket + "." + endpoint->host;
  out.base = by_path ? "/" + out.bucket + "/" : "/";
  out.origin = endpoint->scheme + "://" + out.host;
  out.url = std::string(kScheme) + out.bucket + (prefix.empty() ? "" : "/" + std::string(prefix)) +
            "?endpoint=" + endpoint->scheme + "://" + endpoint->host + "&region=" + out.region +
            "&style=" + (by_path ? "path" : "virtual");
  return out;
}

}  // namespace souk::blobs::s3
