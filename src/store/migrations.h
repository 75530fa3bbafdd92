// SPDX-License-Identifier: Apache-2.0
//
// Numbered, checksummed migrations. The SQL of migrations/NNNN_name.sql is compiled in; each runs once, in
// its own transaction, under a lock that only one process holds. An applied one never changes.
//
// Tokens that differ between the databases: {{id}} an identity primary key that is never reused, {{text}} text
// with bytewise order, {{blob}}, {{xid}} the transaction's number, filled by itself. A statement that begins with
// {{sqlite}} or {{postgresql}} is for that one only. Statements end with ';' at a line's end; lines that begin with
// "--" are comments.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/store.h"

namespace souk::store {

struct Migration {
  std::int64_t number;
  std::string name;
  std::string sql;
};

// Those compiled in, in order.
const std::vector<Migration>& migrations();

struct MigrationStatus {
  std::int64_t number = 0;
  std::string name;
  std::string checksum;  // of the text with its tokens, "sha256:…"
  std::optional<Time> applied_at;
};
BOOST_DESCRIBE_STRUCT(MigrationStatus, (), (number, name, checksum, applied_at))

// Applies what is missing, in order. Many nodes may do so at once.
// Errors: failed_precondition (the database is newer than this program, or an applied migration's text changed)
Result<std::vector<MigrationStatus>> migrate(Store& store, const std::vector<Migration>& wanted, Logger& log);
// Changes nothing. Errors: as migrate
Result<std::vector<MigrationStatus>> migration_status(Store& store, const std::vector<Migration>& wanted);

std::string expand_tokens(std::string_view sql, Dialect dialect);
std::vector<std::string> split_statements(std::string_view sql);
// The statements of a migration that this database is to run.
std::vector<std::string> statements_for(Dialect dialect, std::string_view sql);

}  // namespace souk::store
