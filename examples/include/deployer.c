/* The init code of a contract without a constructor: it returns the contract's code.
 *
 * RUNTIME is the path of that code, given by the build.
 */
#include "ewasm.h"

static const uint8_t runtime[] = {
#embed RUNTIME
};

CONTRACT_MAIN { ethereum_finish(runtime, sizeof runtime); }
