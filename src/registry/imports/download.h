// SPDX-License-Identifier: Apache-2.0
//
// A file from a URL that somebody gave, into an upload: to public addresses only, each redirect looked at again, and
// continued where it broke off when the server can.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include <boost/describe.hpp>

#include "blobs/blobs.h"
#include "net/client/address_guard.h"
#include "registry/imports/settings.h"

namespace souk::registry {

// Errors: invalid_argument (not http or https, credentials inside, malformed)
Status check_import_url(const std::string& url);
// The last step of the URL's path, decoded, when it is a plain name; else "download".
std::string file_name_of_url(const std::string& url);

// What is kept between attempts.
struct DownloadState {
  std::string upload;     // of the store of blobs; empty: not begun
  std::string validator;  // the answer's strong ETag or its date: what continues is the same file
};
BOOST_DESCRIBE_STRUCT(DownloadState, (), (upload, validator))

struct Downloading {
  const net::AddressGuard& guard;
  const ImportSettings& settings;
  blobs::Blobs& blobs;
  std::stop_token stop;
  std::function<Status(const DownloadState&)> save;
  std::function<Status(std::uint64_t done, std::optional<std::uint64_t> total)> tell;
};

// The upload with all bytes in it, to be committed. Errors: permission_denied (address), not_found and
// failed_precondition (the server's refusal), resource_exhausted (too large), cancelled, unavailable (may go on)
Result<std::unique_ptr<blobs::Writer>> download(const Downloading& how, const std::string& url, DownloadState& state);

}  // namespace souk::registry
