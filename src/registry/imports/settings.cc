// SPDX-License-Identifier: Apache-2.0
#include "registry/imports/settings.h"

namespace souk::registry {

void declare(settings::Table& table, ImportSettings& s) {
  table.add("imports.concurrency", s.concurrency, {.help = "Imports at a time, on each node", .min = 1, .max = 64});
  table.add("imports.allow", s.allow,
            {.help = "Addresses besides the public internet that URLs may lead to, as 10.1.0.0/16"});
  table.add("imports.s3", s.s3,
            {.help = "Prefixes that may be imported with the server's own credentials, as "
                     "s3://BUCKET/PREFIX?endpoint=URL&region=NAME"});
  table.add("imports.max_download", s.max_download, {.help = "Largest file that is downloaded", .min = 1});
  table.add("imports.max_bytes", s.max_bytes, {.help = "What one import may unpack to", .min = 1});
  table.add("imports.max_files", s.max_files, {.help = "Files of one import", .min = 1, .max = 4000});
  table.add("imports.max_ratio", s.max_ratio,
            {.help = "How much larger than itself an archive may unpack, beyond the first 64 MiB", .min = 1});
  table.add("imports.ca_file", s.ca_file, {.help = "PEM file of certificates to trust; empty: the system's"});
}

}  // namespace souk::registry
