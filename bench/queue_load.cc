// SPDX-License-Identifier: Apache-2.0
//
// The durable queue against plain SQL on the same database. usage: queue_load URL [ITEMS]; URL is sqlite:PATH of a new
// file, or postgresql://… of an empty database (two nodes then). Prints one line of JSON:
//   start_p50_ms        from the return of an enqueue to the beginning of its attempt
//   per_second          no-op items: enqueued by 16 threads, 16 to a transaction, then run and forgotten
//   plain_per_second    the same statements by the database's own library, as many to a commit as it took above
//   claim_ms, …_million medians of claiming and completing 16 items of 100 namespaces, 1,000 or 1,000,000 waiting
#include <libpq-fe.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "store/migrations.h"
#include "work/item_rows.h"
#include "work/work.h"

namespace {

using namespace souk;
using Steady = std::chrono::steady_clock;

constexpr int kProducers = 16;
constexpr int kGroup = 16;

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "queue_load: %s\n", result.error().describe().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

double seconds_of(const std::function<void()>& f) {
  const auto begun = Steady::now();
  f();
  return std::chrono::duration<double>(Steady::now() - begun).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

struct Node {
  Node(const std::string& url, const std::string& name)
      : store(must(store::Store::open(url, {}, log, metrics))),
        nodes({}, *store, name, log),
        work({}, *store, nodes, log, metrics) {}
  ~Node() {
    work.stop();
    nodes.stop();
  }
  std::uint64_t commits() {
    return metrics.counter("souk_store_commits_total", "Commits, each of one write or of a group.").with().value();
  }
  Logger log{Logger::Level::error};
  Metrics metrics;
  std::unique_ptr<store::Store> store;
  work::Nodes nodes;
  work::Work work;
};

double start_p50(Node& node) {
  std::atomic<Steady::rep> started{0};
  node.work.add({.name = "latency", .run = [&](work::Attempt&) -> Status {
                   started = Steady::now().time_since_epoch().count();
                   started.notify_all();
                   return {};
                 }});
  must(node.nodes.start());
  node.work.start();
  std::vector<double> all;
  for (int i = 0; i < 500; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    started = 0;
    must(node.store->write([&](store::Tx& tx) { return node.work.enqueue(tx, {.queue = "latency"}); }));
    const auto enqueued = Steady::now();
    started.wait(0);
    all.push_back(static_cast<double>(started - enqueued.time_since_epoch().count()) / 1e6);
  }
  return std::max(0.0, median(all));
}

struct Measured {
  double enqueue_seconds = 0, run_seconds = 0;
  double enqueue_group = 0, run_group = 0;  // items to a commit
};

Measured run_queue(const std::string& url, int nodes, int items) {
  std::atomic<int> done{0};
  std::vector<std::unique_ptr<Node>> all;
  for (int i = 0; i < nodes; ++i) {
    all.push_back(std::make_unique<Node>(url, "run-" + std::to_string(i)));
    work::Queue queue{.name = "load", .run = [&](work::Attempt&) -> Status {
                        if (++done == items) done.notify_all();
                        return {};
                      }};
    queue.concurrency = 16;
    all.back()->work.add(std::move(queue));
  }
  Measured out;
  Node& first = *all.front();
  const std::uint64_t before = first.commits();
  out.enqueue_seconds = seconds_of([&] {
    std::vector<std::jthread> threads;
    for (int p = 0; p < kProducers; ++p) {
      threads.emplace_back([&] {
        for (int i = 0; i < items / kProducers / kGroup; ++i) {
          must(first.store->write([&](store::Tx& tx) -> Status {
            for (int k = 0; k < kGroup; ++k)
              SOUK_TRY(first.work.send(tx, {.queue = "load", .payload = {R"({"n":1})"}}));
            return {};
          }));
        }
      });
    }
  });
  out.enqueue_group = items / static_cast<double>(first.commits() - before);
  const std::uint64_t enqueued = first.commits();
  out.run_seconds = seconds_of([&] {
    for (auto& node : all) must(node->nodes.start());
    for (auto& node : all) node->work.start();
    for (int now = done; now < items; now = done) done.wait(now);
    const auto left = [&] {
      return must(first.store->read([](store::Tx& tx) {
               return tx.scalar<std::int64_t>("SELECT count(*) FROM work_items WHERE queue = 'load'");
             }))
          .value_or(0);
    };
    while (left() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  });
  std::uint64_t commits = 0;
  for (auto& node : all) commits += node->commits();
  out.run_group = items / static_cast<double>(commits - enqueued);
  return out;
}

// --- the yardstick -------------------------------------------------------------------------------------

constexpr const char* kInsert =
    "INSERT INTO work_items (queue, namespace_id, state, priority, key, payload, checkpoint, attempts, error, node_id, "
    "token, cancel, create_time, update_time, deadline, alarm_time) "
    "VALUES ($1, 0, 'WAITING', 0, NULL, '{\"n\":1}', 'null', 0, '', 0, 0, 0, $2, $2, NULL, NULL)";
constexpr const char* kPick =
    "SELECT id FROM work_items WHERE queue = $1 AND state = 'WAITING' AND namespace_id = 0 ORDER BY priority DESC, id "
    "LIMIT $2";
constexpr const char* kSet =
    "UPDATE work_items SET state = 'RUNNING', node_id = 1, token = token + 1, attempts = attempts + 1, update_time = "
    "1, "
    "alarm_time = NULL, cancel = 0 WHERE id ";
constexpr const char* kColumns =
    " RETURNING id, queue, namespace_id, state, priority, key, payload, checkpoint, attempts, error, node_id, token, "
    "cancel, create_time, update_time, deadline, alarm_time";
constexpr const char* kDelete = "DELETE FROM work_items WHERE id = $1 AND token = $2 AND state = 'RUNNING'";

class PlainSqlite {
 public:
  explicit PlainSqlite(const std::string& path) {
    check(sqlite3_open(path.c_str(), &db_));
    check(sqlite3_exec(db_, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON", nullptr,
                       nullptr, nullptr));
    insert_ = prepare(kInsert);
    claim_ = prepare(std::string(kSet) + "IN (" + kPick + ")" + kColumns);
    delete_ = prepare(kDelete);
  }
  double insert(int items, int group) {
    return seconds_of([&] {
      for (int done = 0; done < items;) {
        exec("BEGIN IMMEDIATE");
        for (int i = 0; i < group && done < items; ++i, ++done) {
          sqlite3_bind_text(insert_, 1, "plain", -1, SQLITE_STATIC);
          sqlite3_bind_int64(insert_, 2, done);
          step(insert_);
        }
        exec("COMMIT");
      }
    });
  }
  double run(int items, int group) {
    return seconds_of([&] {
      std::vector<std::int64_t> claimed;
      for (int done = 0; done < items;) {
        exec("BEGIN IMMEDIATE");
        for (const std::int64_t id : claimed) {
          sqlite3_bind_int64(delete_, 1, id);
          sqlite3_bind_int64(delete_, 2, 1);
          step(delete_);
        }
        done += static_cast<int>(claimed.size());
        claimed.clear();
        sqlite3_bind_text(claim_, 1, "plain", -1, SQLITE_STATIC);
        sqlite3_bind_int64(claim_, 2, group);
        while (sqlite3_step(claim_) == SQLITE_ROW) claimed.push_back(sqlite3_column_int64(claim_, 0));
        sqlite3_reset(claim_);
        exec("COMMIT");
      }
    });
  }

 private:
  void check(int code) {
    if (code == SQLITE_OK || code == SQLITE_DONE) return;
    std::fprintf(stderr, "queue_load: sqlite: %s\n", sqlite3_errmsg(db_));
    std::exit(1);
  }
  void exec(const char* sql) { check(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr)); }
  sqlite3_stmt* prepare(const std::string& sql) {
    sqlite3_stmt* out = nullptr;
    check(sqlite3_prepare_v3(db_, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &out, nullptr));
    return out;
  }
  void step(sqlite3_stmt* statement) {
    check(sqlite3_step(statement));
    sqlite3_reset(statement);
  }
  sqlite3* db_ = nullptr;
  sqlite3_stmt *insert_ = nullptr, *claim_ = nullptr, *delete_ = nullptr;
};

class PlainPostgres {
 public:
  explicit PlainPostgres(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
    const std::string claim = std::string(kSet) + "= ANY(ARRAY(" + kPick + " FOR UPDATE SKIP LOCKED))" + kColumns;
    prepare("begin", "BEGIN");
    prepare("commit", "COMMIT");
    prepare("insert", kInsert);
    prepare("claim", claim.c_str());
    prepare("delete", kDelete);
    PQenterPipelineMode(connection_);
  }
  ~PlainPostgres() { PQfinish(connection_); }
  void insert(int items, int group) {
    for (int done = 0; done < items;) {
      send("begin", {});
      for (int i = 0; i < group && done < items; ++i, ++done) send("insert", {"plain", "1"});
      send("commit", {});
      finish();
    }
  }
  // Until nothing is left.
  void run(int group) {
    std::vector<std::string> claimed;
    do {
      send("begin", {});
      for (const std::string& id : claimed) send("delete", {id, "1"});
      send("claim", {"plain", std::to_string(group)});
      send("commit", {});
      claimed = finish();
    } while (!claimed.empty());
  }

 private:
  void prepare(const char* name, const char* sql) {
    PGresult* result = PQprepare(connection_, name, sql, 0, nullptr);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) fail();
    PQclear(result);
  }
  void send(const char* name, const std::vector<std::string>& values) {
    std::vector<const char*> texts;
    for (const std::string& value : values) texts.push_back(value.c_str());
    if (PQsendQueryPrepared(connection_, name, static_cast<int>(texts.size()), texts.data(), nullptr, nullptr, 0) !=
        1) {
      fail();
    }
    ++sent_;
  }
  // Waits for what was sent; the ids of the rows that came.
  std::vector<std::string> finish() {
    if (PQpipelineSync(connection_) != 1) fail();
    std::vector<std::string> ids;
    for (; sent_ > 0; --sent_) {
      while (PGresult* result = PQgetResult(connection_)) {
        const ExecStatusType status = PQresultStatus(result);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail();
        for (int i = 0; i < PQntuples(result); ++i) ids.emplace_back(PQgetvalue(result, i, 0));
        PQclear(result);
      }
    }
    PQclear(PQgetResult(connection_));
    return ids;
  }
  [[noreturn]] void fail() {
    std::fprintf(stderr, "queue_load: postgresql: %s\n", PQerrorMessage(connection_));
    std::exit(1);
  }
  PGconn* connection_;
  int sent_ = 0;
};

double run_plain(const std::string& url, bool sqlite, int items, const Measured& like) {
  const int insert_group = std::max(1, static_cast<int>(like.enqueue_group));
  const int run_group = std::max(1, static_cast<int>(like.run_group));
  if (sqlite) {
    PlainSqlite plain(url.substr(7));
    return plain.insert(items, insert_group) + plain.run(items, run_group);
  }
  double seconds = seconds_of([&] {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kProducers; ++i) {
      threads.emplace_back([&] { PlainPostgres(url).insert(items / kProducers, insert_group); });
    }
  });
  seconds += seconds_of([&] {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2; ++i) threads.emplace_back([&] { PlainPostgres(url).run(run_group); });
  });
  return seconds;
}

// --- claims behind a million ---------------------------------------------------------------------------

void fill(store::Store& store, std::int64_t from, std::int64_t to) {
  const std::string series =
      store.dialect() == store::Dialect::sqlite
          ? "WITH RECURSIVE series(n) AS (SELECT $1 UNION ALL SELECT n + 1 FROM series WHERE n + 1 < $2) "
            "SELECT 'deep', 1 + n % 100, 'WAITING', n % 3, '{}', 'null', 0, '', 0, 0, 0, n, n FROM series"
          : "SELECT 'deep', 1 + n % 100, 'WAITING', n % 3, '{}', 'null', 0, '', 0, 0, 0, n, n FROM "
            "generate_series(CAST($1 AS BIGINT), CAST($2 AS BIGINT) - 1) n";
  must(store.write([&](store::Tx& tx) {
    return tx.exec(
        "INSERT INTO work_items (queue, namespace_id, state, priority, payload, checkpoint, attempts, error, "
        "node_id, token, cancel, create_time, update_time) " +
            series,
        from, to);
  }));
}

double claim_ms(Node& node) {
  std::vector<double> all;
  NamespaceId last(-1);
  for (int i = 0; i < 300; ++i) {
    all.push_back(1000 * seconds_of([&] {
                    must(node.store->write(
                        [&](store::Tx& tx) -> Status {
                          auto ring = SOUK_TRY(work::waiting_namespaces(tx, "deep", last, 16));
                          if (ring.size() < 16) last = NamespaceId(-1);
                          for (const NamespaceId one : ring) {
                            for (const work::Item& item :
                                 SOUK_TRY(work::claim_items(tx, "deep", one, node.nodes.id(), 1, Time{}))) {
                              SOUK_TRY(work::send_complete(tx, item, Time{}, Duration(0)));
                            }
                            last = one;
                          }
                          return {};
                        },
                        store::Isolation::read_committed));
                  }));
  }
  return median(all);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::string url = argv[1];
  const int items = (argc > 2 ? std::atoi(argv[2]) : 40'000) / (kProducers * kGroup) * (kProducers * kGroup);
  const bool sqlite = url.starts_with("sqlite:");
  double start = 0, claim_few = 0, claim_many = 0;
  {
    Node node(url, "one");
    must(store::migrate(*node.store, store::migrations(), node.log));
    start = start_p50(node);
  }
  const Measured queue = run_queue(url, sqlite ? 1 : 2, items);
  const double plain = run_plain(url, sqlite, items, queue);
  {
    Node node(url, "one");
    must(node.nodes.start());
    const std::int64_t few = 1'000 + 300 * 16;  // what is claimed meanwhile must not run out
    fill(*node.store, 0, few);
    claim_few = claim_ms(node);
    fill(*node.store, few, 1'000'000 + few);
    if (!sqlite) {
      must(node.store->write([](store::Tx& tx) { return tx.exec("ANALYZE work_items"); }));
    }
    claim_many = claim_ms(node);
  }
  std::printf(
      "{\"start_p50_ms\": %.3f, \"per_second\": %.0f, \"plain_per_second\": %.0f, \"enqueue_group\": %.1f, "
      "\"run_group\": %.1f, \"claim_ms\": %.3f, \"claim_ms_million\": %.3f}\n",
      start, items / (queue.enqueue_seconds + queue.run_seconds), items / plain, queue.enqueue_group, queue.run_group,
      claim_few, claim_many);
}
