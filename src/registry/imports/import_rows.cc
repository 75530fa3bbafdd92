// SPDX-License-Identifier: Apache-2.0
#include "registry/imports/import_rows.h"

namespace souk::registry {

namespace {

const std::string kSelect = "SELECT " + store::columns<Import>() + " FROM imports ";

}  // namespace

Result<Import> insert_import(store::Tx& tx, const Import& import) {
  auto row = SOUK_TRY(tx.first<Import>(
      "INSERT INTO imports (namespace_id, model, kind, source, file_name, folder, tag, aliases, actor, item_id, state, "
      "phase, archive, total_bytes, done_bytes, files, error_code, error, version, digest, create_time, update_time) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, $12, $13, 0, 0, '', '', NULL, NULL, $14, $14) "
      "RETURNING " +
          store::columns<Import>(),
      import.namespace_id, import.model, import.kind, import.source, import.file_name, import.folder, import.tag,
      import.aliases, import.actor, import.state, import.phase, import.archive, import.total_bytes,
      import.create_time));
  if (!row) return internal("an import that was made is not there");
  return std::move(*row);
}

Status set_import_item(store::Tx& tx, ImportId id, work::ItemId item) {
  return tx.defer("UPDATE imports SET item_id = $2 WHERE id = $1", id, item);
}

Result<std::optional<Import>> find_import(store::Tx& tx, ImportId id) {
  return tx.first<Import>(kSelect + "WHERE id = $1", id);
}

Result<std::optional<Import>> find_import(store::Tx& tx, const artifacts::Repository& repository, ImportId id) {
  return tx.first<Import>(kSelect + "WHERE id = $1 AND namespace_id = $2 AND model = $3", id, repository.namespace_id,
                          repository.model);
}

Result<std::vector<Import>> list_imports(store::Tx& tx, const artifacts::Repository& repository) {
  return tx.all<Import>(kSelect + "WHERE namespace_id = $1 AND model = $2 ORDER BY id DESC LIMIT 100",
                        repository.namespace_id, repository.model);
}

Status update_import(store::Tx& tx, const Import& import) {
  return tx.defer(
      "UPDATE imports SET state = $2, phase = $3, archive = $4, total_bytes = $5, done_bytes = $6, files = $7, "
      "error_code = $8, error = $9, version = $10, digest = $11, update_time = $12 WHERE id = $1",
      import.id, import.state, import.phase, import.archive, import.total_bytes, import.done_bytes, import.files,
      import.error_code, import.error, import.version, import.digest, now());
}

Status insert_import_file(store::Tx& tx, ImportId id, const ImportedFile& file) {
  return tx.defer(
      "INSERT INTO import_files (import_id, path, size, digest, executable) VALUES ($1, $2, $3, $4, $5) "
      "ON CONFLICT (import_id, path) DO UPDATE SET size = $3, digest = $4, executable = $5",
      id, file.path, file.size, file.digest, file.executable);
}

Result<std::vector<ImportedFile>> import_files(store::Tx& tx, ImportId id) {
  return tx.all<ImportedFile>(
      "SELECT path, size, digest, executable FROM import_files WHERE import_id = $1 ORDER BY path", id);
}

Status delete_import_files(store::Tx& tx, ImportId id) {
  return tx.defer("DELETE FROM import_files WHERE import_id = $1", id);
}

}  // namespace souk::registry
