// SPDX-License-Identifier: Apache-2.0
//
// What the current thread is doing with which store: so that nested calls are answered alike on both
// databases instead of waiting for themselves.
#pragma once

#include "store/store.h"

namespace souk::store {

class Scope {
 public:
  enum class Kind { read, write, hooks };

  Scope(const Store& store, Kind kind, Tx* tx) : store_(store), kind_(kind), tx_(tx), outer_(current()) {
    current() = this;
  }
  ~Scope() { current() = outer_; }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  Kind kind() const { return kind_; }
  Tx* tx() const { return tx_; }

  // The innermost scope of this thread in `store`, or null.
  static const Scope* find(const Store& store) {
    for (const Scope* scope = current(); scope != nullptr; scope = scope->outer_) {
      if (&scope->store_ == &store) return scope;
    }
    return nullptr;
  }

 private:
  static const Scope*& current() {
    thread_local const Scope* scope = nullptr;
    return scope;
  }

  const Store& store_;
  Kind kind_;
  Tx* tx_;
  const Scope* outer_;
};

// Errors: internal (a write may not begin here)
inline Status may_write(const Store& store) {
  const Scope* scope = Scope::find(store);
  if (scope == nullptr) return {};
  if (scope->kind() == Scope::Kind::read) return internal("a write was begun inside a read: begin it after the read");
  if (scope->kind() == Scope::Kind::hooks) return internal("a write was begun inside on_commit: hand it to a thread");
  return internal("a write was begun inside a write: use the Tx that is there");
}

// The read that this thread is in already, or null. Errors: internal (a read may not begin here)
inline Result<Tx*> outer_read(const Store& store) {
  const Scope* scope = Scope::find(store);
  if (scope == nullptr || scope->kind() == Scope::Kind::hooks) return nullptr;
  if (scope->kind() == Scope::Kind::read) return scope->tx();
  return internal("a read was begun inside a write: use the Tx that is there");
}

}  // namespace souk::store
