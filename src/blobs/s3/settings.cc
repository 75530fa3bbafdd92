// SPDX-License-Identifier: Apache-2.0
#include "blobs/s3/settings.h"

namespace souk::blobs {

void declare(settings::Table& table, S3Settings& s) {
  table.add("s3.access_key", s.access_key, {.help = "Empty: AWS_ACCESS_KEY_ID of the environment", .secret = true});
  table.add("s3.secret_key", s.secret_key, {.help = "Empty: AWS_SECRET_ACCESS_KEY", .secret = true});
  table.add("s3.session_token", s.session_token, {.help = "Empty: AWS_SESSION_TOKEN", .secret = true});
  table.add("s3.ca_file", s.ca_file, {.help = "PEM file of certificates to trust; empty: the system's"});
  table.add("s3.part_size", s.part_size,
            {.help = "Bytes of a part of a multipart upload; a blob has at most 10000 parts",
             .min = 5.0 * (1 << 20),
             .max = 1024.0 * (1 << 20)});
  table.add("s3.parallel", s.parallel, {.help = "Parts of one transfer under way at a time", .min = 1, .max = 64});
  table.add("s3.memory", s.memory,
            {.help = "Memory of all parts under way; uploads beyond it wait", .min = 10.0 * (1 << 20)});
  table.add("s3.attempts", s.attempts,
            {.help = "How often a request is sent while it fails for a passing reason", .min = 1, .max = 20});
  table.add("s3.pause", s.pause,
            {.help = "About the pause before the second attempt; it doubles with each", .min = 1, .max = 10'000});
  table.add("s3.stall_timeout", s.stall_timeout,
            {.help = "A request on which nothing moves for so long is tried again", .min = 100, .max = 600'000});
  table.add("s3.cache", s.cache,
            {.help = "Folder for blobs that must be local files to be loaded; empty: in the data folder"});
  table.add("s3.cache_size", s.cache_size, {.help = "What the cache may hold; the least lately used goes first"});
  table.add("s3.redirect_from", s.redirect_from,
            {.help = "Pulls of blobs this large are redirected to presigned URLs of the store; 0: none"});
}

}  // namespace souk::blobs
