// SPDX-License-Identifier: Apache-2.0
//
// The rows of imports and of the files that they have stored. Inside the room only.
#pragma once

#include <optional>
#include <vector>

#include "registry/imports/imports.h"

namespace souk::registry {

struct ImportedFile {
  std::string path;
  std::int64_t size = 0;
  Digest digest;
  bool executable = false;
};
BOOST_DESCRIBE_STRUCT(ImportedFile, (), (path, size, digest, executable))

Result<Import> insert_import(store::Tx& tx, const Import& import);
Status set_import_item(store::Tx& tx, ImportId id, work::ItemId item);
Result<std::optional<Import>> find_import(store::Tx& tx, ImportId id);
Result<std::optional<Import>> find_import(store::Tx& tx, const artifacts::Repository& repository, ImportId id);
Result<std::vector<Import>> list_imports(store::Tx& tx, const artifacts::Repository& repository);
// Everything that changes on the way.
Status update_import(store::Tx& tx, const Import& import);

Status insert_import_file(store::Tx& tx, ImportId id, const ImportedFile& file);
Result<std::vector<ImportedFile>> import_files(store::Tx& tx, ImportId id);  // by path
Status delete_import_files(store::Tx& tx, ImportId id);

}  // namespace souk::registry
