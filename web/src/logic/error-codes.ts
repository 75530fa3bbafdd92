// SPDX-License-Identifier: Apache-2.0
//
// The sixteen codes that every error of souk has one of, for the person who meets one.

export interface ErrorCode {
  code: string;
  status: string;
  means: string;
  next: string;
}

export const errorCodes: ErrorCode[] = [
  { code: "INVALID_ARGUMENT", status: "400", means: "A field of the request cannot be taken, whatever the state of the server.", next: "The error names the field. Correct it and send the request again." },
  { code: "UNAUTHENTICATED", status: "401", means: "No key came with the request, or one that is unknown, expired or revoked.", next: "Sign in again, or make a new key." },
  { code: "PERMISSION_DENIED", status: "403", means: "The caller is known but has no role that allows this here.", next: "Ask an admin of the namespace for the role that the error names." },
  { code: "NOT_FOUND", status: "404", means: "It does not exist, or the caller may not know that it does.", next: "Check name and namespace. If it should be there, ask who owns the namespace." },
  { code: "ALREADY_EXISTS", status: "409", means: "Something of this name is there already.", next: "Use what is there, or choose another name." },
  { code: "ABORTED", status: "409", means: "Somebody else changed the same thing at the same time.", next: "Read it again and repeat the change." },
  { code: "FAILED_PRECONDITION", status: "409, 412 with If-Match", means: "The state of things forbids it now: it is in use, still open, or newer than you knew.", next: "The error says what stands in the way. Change that first; after a 412, read again and repeat." },
  { code: "OUT_OF_RANGE", status: "400", means: "A position lies behind the end, such as a page or a byte range that is no more.", next: "Begin again from the start." },
  { code: "RESOURCE_EXHAUSTED", status: "429, 413 for a body", means: "A limit is reached: a quota, a rate, or the size of a body.", next: "Wait as Retry-After says, send less, or ask for a higher limit." },
  { code: "CANCELLED", status: "499", means: "The client went away before the answer.", next: "Nothing. Send it again if it is still wanted." },
  { code: "DEADLINE_EXCEEDED", status: "504, 408 for a body", means: "The answer did not come in the time that was given.", next: "Give more time. If it happens often, look at the deployment's latency and queue." },
  { code: "UNAVAILABLE", status: "503", means: "It cannot be answered just now: starting, overloaded, or something behind it is away.", next: "Try again after Retry-After. If it lasts, run souk doctor." },
  { code: "UNIMPLEMENTED", status: "501", means: "This server does not do that.", next: "Look for another way in the reference, or update souk." },
  { code: "INTERNAL", status: "500", means: "Something broke in souk itself.", next: "Find the trace id in the server's log and report it with both." },
  { code: "DATA_LOSS", status: "500", means: "Stored bytes are damaged or gone.", next: "Run souk doctor, and bring the data back from a backup." },
  { code: "UNKNOWN", status: "500", means: "Something failed and did not say what.", next: "Find the trace id in the server's log." },
];
