// SPDX-License-Identifier: Apache-2.0
//
// Tells who started this program how far it is: systemd's protocol (sd_notify(3)), one datagram to the socket that
// NOTIFY_SOCKET names. Without one nothing is told.
#pragma once

#include <string_view>

namespace souk::app {

// "READY=1", "STOPPING=1".
void tell_supervisor(std::string_view state);

}  // namespace souk::app
