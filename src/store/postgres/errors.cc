// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/errors.h"

#include <libpq-fe.h>

#include "store/error_texts.h"

namespace souk::store {

namespace {

std::string_view field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? std::string_view() : text;
}

std::string trimmed(const char* text) {
  std::string out = text == nullptr ? "" : text;
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  return out;
}

// "UNIQUE constraint failed: models_slug_key on models"
std::string constraint(std::string_view kind, const PGresult* result) {
  std::string out(kind);
  out.append(" constraint failed: ").append(field(result, PG_DIAG_CONSTRAINT_NAME));
  const std::string_view column = field(result, PG_DIAG_COLUMN_NAME);
  if (!column.empty()) out.append(column);
  return out.append(" on ").append(field(result, PG_DIAG_TABLE_NAME));
}

Error integrity_error(std::string_view state, const PGresult* result) {
  if (state == "23505") return unique_error(constraint("UNIQUE", result));
  if (state == "23503") return foreign_key_error(constraint("FOREIGN KEY", result));
  if (state == "23502") return check_error(constraint("NOT NULL", result));
  return check_error(constraint("CHECK", result));
}

}  // namespace

Result<pg_conn*> connect_postgres(const std::string& url) {
  char* said = nullptr;
  PQconninfoOption* options = PQconninfoParse(url.c_str(), &said);
  if (options == nullptr) {
    PQfreemem(said);  // it may quote the password
    return invalid_argument("the PostgreSQL URL cannot be read").advise("write postgresql://USER@HOST:PORT/NAME");
  }
  PQconninfoFree(options);
  // What stands before dbname may be overridden by the URL, what stands after may not.
  const char* keywords[] = {"connect_timeout",  "keepalives_idle",  "keepalives_interval",
                            "keepalives_count", "tcp_user_timeout", "fallback_application_name",
                            "dbname",           "client_encoding",  nullptr};
  const char* values[] = {"5", "10", "5", "3", "20000", "souk", url.c_str(), "UTF8", nullptr};
  PGconn* connection = PQconnectdbParams(keywords, values, 1);
  if (connection == nullptr) return resource_exhausted("no memory for a database connection");
  if (PQstatus(connection) != CONNECTION_OK) {
    Error error = gone("the database cannot be reached", PQerrorMessage(connection));
    PQfinish(connection);
    return error;
  }
  PQsetNoticeReceiver(
      connection, [](void*, const PGresult*) {}, nullptr);
  return connection;
}

Error gone(std::string_view message, const char* said) {
  return gone_error(std::string(message), trimmed(said));
}

Error postgres_error(const pg_result* result) {
  const std::string_view state = field(result, PG_DIAG_SQLSTATE);
  std::string said = "SQLSTATE " + std::string(state) + ": ";
  const std::string_view primary = field(result, PG_DIAG_MESSAGE_PRIMARY);
  said += primary.empty() ? trimmed(PQresultErrorMessage(result)) : std::string(primary);
  const std::string_view kind = state.substr(0, 2);
  if (kind == "23") return integrity_error(state, result);
  // 53200 is told of a serializable transaction for which there is no room among those that run beside it.
  if (state == "40001" || state == "40P01" || state == "53200" || plan_is_stale(result)) {
    return aborted("another change came in between").because(aborted(std::move(said)));
  }
  if (state == "53100") return full_error(std::move(said));
  if (kind == "08" || kind == "53" || state.substr(0, 4) == "57P0" || state.empty()) {
    return gone_error("the database is not available", std::move(said));
  }
  if (state == "57014")
    return deadline_exceeded("the database gave up on a statement").because(deadline_exceeded(said));
  if (state == "54000" || state == "54001") return too_large_error(std::move(said));
  if (state == "22021" || state == "22003") {
    return invalid_argument("a value is outside of what the database can keep").because(invalid_argument(said));
  }
  if (state == "25006") return internal("a read cannot change rows: use write").because(internal(std::move(said)));
  if (kind == "XX") return data_loss("the database reports damage").because(data_loss(std::move(said)));
  return internal("a database statement failed").because(internal(std::move(said)));
}

bool is_fatal(const pg_result* result) {
  const std::string_view severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  return severity == "FATAL" || severity == "PANIC";
}

bool plan_is_stale(const pg_result* result) {
  const std::string_view state = field(result, PG_DIAG_SQLSTATE);
  return state == "26000" || (state == "0A000" && field(result, PG_DIAG_SOURCE_FUNCTION) == "RevalidateCachedQuery");
}

}  // namespace souk::store
