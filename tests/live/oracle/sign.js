// SPDX-License-Identifier: MIT
// Copyright (c) 2026 the collectd-drs authors
// Signs requests as the vendor's client does. Standard input: a JSON list of requests, each with
// method, origin, path, headers, body, project, access, secret and perhaps securityToken. Standard
// output: for each the value of Authorization and the body as the client would write it.
"use strict";

const { BasicCredentials } = require("@huaweicloud/huaweicloud-sdk-core");

async function sign(request) {
  const credentials = new BasicCredentials({
    ak: request.access,
    sk: request.secret,
    projectId: request.project,
    securityToken: request.securityToken,
  });
  const data = JSON.parse(request.body);
  const signed = await credentials.processAuthRequest(null, {
    method: request.method,
    endpoint: request.origin,
    url: request.path,
    headers: request.headers,
    data,
  });
  return { authorization: signed.headers.Authorization, body: JSON.stringify(data) };
}

async function main() {
  const requests = JSON.parse(require("fs").readFileSync(0, "utf8"));
  process.stdout.write(JSON.stringify(await Promise.all(requests.map(sign))));
}

main();
