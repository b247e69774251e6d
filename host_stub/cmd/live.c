/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The commands `host_stub pool`, `proxy`, `miner` and `e2e`.
 */
#include <jansson.h>
#include <string.h>

#include "host_stub/base/json.h"
#include "host_stub/base/output.h"
#include "host_stub/base/text.h"
#include "host_stub/cmd/commands.h"
#include "host_stub/live/e2e/run.h"
#include "host_stub/live/miner/live.h"
#include "host_stub/live/pool/live.h"
#include "host_stub/live/proxy/live.h"

int hs_cmd_pool(hs_call *call)
{
    return hs_pool_live(call->options, call->why, sizeof call->why) == 0 ? HS_STATUS_DONE
                                                                         : HS_STATUS_WRONG;
}

int hs_cmd_proxy(hs_call *call)
{
    return hs_proxy_live(call->options, call->why, sizeof call->why);
}

int hs_cmd_miner(hs_call *call)
{
    return hs_miner_live(call->options, call->why, sizeof call->why);
}

static int tell(const hs_e2e_options *options, const hs_e2e_result *result, char *why,
                size_t capacity)
{
    if (options->json == NULL || strcmp(options->json, "-") != 0) {
        hs_e2e_result_print(result);
    }
    if (options->json == NULL) {
        return 0;
    }
    char *const text = hs_json_page(hs_e2e_result_json(result));
    return hs_output_save_text(options->json, text, why, capacity);
}

int hs_cmd_e2e(hs_call *call)
{
    static hs_e2e_config config;
    static hs_e2e_result result;
    hs_e2e_options *const options = call->options;
    int status = HS_STATUS_WRONG;
    if (hs_e2e_config_load(&config, options, call->why, sizeof call->why) != 0) {
        goto cleanup;
    }
    hs_e2e_place_faults(options, config.pool_count);
    if (hs_e2e_result_start(&result, &config) != 0) {
        (void)hs_refuse(call->why, sizeof call->why, "no memory for the result");
    } else if (hs_e2e_run(options, &config, &result, call->why, sizeof call->why) == 0 &&
               tell(options, &result, call->why, sizeof call->why) == 0) {
        status = result.broken_count > 0 ? HS_STATUS_NO : HS_STATUS_DONE;
    }
    hs_e2e_result_free(&result);
cleanup:
    hs_e2e_config_free(&config);
    return status;
}
