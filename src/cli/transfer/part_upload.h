// SPDX-License-Identifier: Apache-2.0
//
// A large file to the server in parts (/api/v1/…/uploads): read and hashed once, in order, while several parts are
// under way. A part that fails for a passing reason is sent again, for as long as patience lasts; what an earlier push
// of the same file brought is not sent again.
#pragma once

#include <string>

#include "cli/remote.h"
#include "cli/transfer/pack.h"
#include "cli/transfer/progress.h"
#include "cli/transfer/upload_book.h"

namespace souk::cli {

// `repository` is namespace/model. Errors: aborted (the file changed), and the server's
Result<Digest> send_in_parts(Remote& remote, const std::string& repository, const PackFile& file, UploadBook& book,
                             Progress& progress);

}  // namespace souk::cli
