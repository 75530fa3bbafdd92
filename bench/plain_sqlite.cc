// SPDX-License-Identifier: Apache-2.0
//
// Yardstick: statements by plain SQLite, WAL and synchronous=FULL, prepared once, so many groups to a commit.
// usage: plain_sqlite DATABASE STATEMENTS.sql ITEMS GROUP; each item runs every statement of the file once, with the
// item's number wherever it says :n; of each row every value is taken. Prints {"per_second": …}
#include <sqlite3.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

void check(sqlite3* database, int code) {
  if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
  std::fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(database));
  std::exit(1);
}

std::size_t taken = 0;  // said at the end, so that no compiler leaves it out
std::vector<std::string> texts;

void take(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      taken += static_cast<std::size_t>(sqlite3_column_int64(statement, column));
      break;
    case SQLITE_FLOAT:
      taken += static_cast<std::size_t>(sqlite3_column_double(statement, column));
      break;
    case SQLITE_NULL:
      break;
    default: {
      const auto* const text = static_cast<const char*>(sqlite3_column_blob(statement, column));
      texts.emplace_back(text ? text : "", static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
    }
  }
}

void run(sqlite3* database, sqlite3_stmt* statement) {
  int code;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    texts.clear();
    for (int i = 0, columns = sqlite3_column_count(statement); i < columns; ++i) take(statement, i);
    for (const std::string& text : texts) taken += text.size();
  }
  check(database, code);
  sqlite3_reset(statement);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  long items = std::strtol(argv[3], nullptr, 10), group = std::strtol(argv[4], nullptr, 10);
  sqlite3* database = nullptr;
  check(database, sqlite3_open(argv[1], &database));
  check(database, sqlite3_exec(database, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON",
                               nullptr, nullptr, nullptr));

  std::stringstream text;
  text << std::ifstream(argv[2]).rdbuf();
  std::string sql = text.str();
  std::vector<sqlite3_stmt*> statements;
  for (const char* rest = sql.c_str(); *rest;) {
    sqlite3_stmt* statement = nullptr;
    check(database, sqlite3_prepare_v3(database, rest, -1, SQLITE_PREPARE_PERSISTENT, &statement, &rest));
    if (statement) statements.push_back(statement);
  }
  auto begin = std::chrono::steady_clock::now();
  for (long done = 0; done < items;) {
    check(database, sqlite3_exec(database, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr));
    for (long i = 0; i < group && done < items; ++i, ++done) {
      std::string number = std::to_string(done);
      for (sqlite3_stmt* statement : statements) {
        if (int at = sqlite3_bind_parameter_index(statement, ":n"))
          sqlite3_bind_text(statement, at, number.c_str(), -1, SQLITE_TRANSIENT);
        run(database, statement);
      }
    }
    check(database, sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr));
  }
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("{\"per_second\": %.0f, \"taken\": %zu}\n", static_cast<double>(items) / seconds, taken);
}
