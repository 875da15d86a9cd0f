import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { createMetadataService, type MetadataService } from './metadata-service.ts';

const { signal } = new AbortController();

let server: Server;
let service: MetadataService;
let requests: string[] = [];
let answer: { readonly status: number; readonly body: string };

before(async () => {
  server = createServer((request, response) => void respond(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  service = createMetadataService(`http://127.0.0.1:${String(typeof address === 'object' ? address?.port : '')}`);
});

after(() => {
  server.close();
});

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url = '', headers } = request;
  requests.push([method, url, `Metadata: ${String(headers['metadata'])}`, await text(request)].join(' ').trim());
  response.writeHead(answer.status).end(answer.body);
}

function answerWith(body: unknown, status = 200): void {
  requests = [];
  answer = { status, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

test('the events of the scale set, as Azure writes them', async () => {
  answerWith({
    DocumentIncarnation: 2,
    Events: [
      {
        EventId: 'C7061BAC-AFDC-4513-B24B-AA5F13A16123',
        EventStatus: 'Scheduled',
        EventType: 'Freeze',
        ResourceType: 'VirtualMachine',
        Resources: ['FrontEnd_IN_0', 'BackEnd_IN_0'],
        NotBefore: 'Mon, 11 Apr 2022 22:26:58 GMT',
        Description: 'Virtual machine is being paused because of a memory-preserving Live Migration operation.',
        EventSource: 'Platform',
        DurationInSeconds: 5,
      },
    ],
  });
  assert.deepEqual(await service.events(signal), [
    {
      id: 'C7061BAC-AFDC-4513-B24B-AA5F13A16123',
      type: 'Freeze',
      status: 'Scheduled',
      instances: ['FrontEnd_IN_0', 'BackEnd_IN_0'],
    },
  ]);
  assert.deepEqual(requests, ['GET /metadata/scheduledevents?api-version=2020-07-01 Metadata: true']);
});

test('the name of the instance', async () => {
  answerWith({ name: 'pool_0', location: 'local' });
  assert.equal(await service.instanceName(signal), 'pool_0');
  assert.deepEqual(requests, ['GET /metadata/instance/compute?api-version=2020-07-01 Metadata: true']);
});

test('the word that events may begin', async () => {
  answerWith('');
  await service.start(['A', 'B'], signal);
  assert.deepEqual(requests, [
    'POST /metadata/scheduledevents?api-version=2020-07-01 Metadata: true {"StartRequests":[{"EventId":"A"},{"EventId":"B"}]}',
  ]);
});

const refused: readonly (readonly [what: string, body: unknown, status: number, message: RegExp])[] = [
  ['an error', { error: 'Too many requests' }, 429, /^read scheduled events: HTTP 429: .*Too many requests/],
  ['no JSON', '<html>', 200, /^read scheduled events: the answer is not what was expected: <html>/],
  ['another document', { Events: [{ EventId: 1 }] }, 200, /^read scheduled events: the answer is not what was expected/],
];

for (const [what, body, status, message] of refused)
  test(`refused: ${what}`, async () => {
    answerWith(body, status);
    await assert.rejects(service.events(signal), { code: 'MetadataService', message });
  });

test('nobody there: the error says why', async () => {
  const nobody = createMetadataService('http://127.0.0.1:1');
  await assert.rejects(nobody.events(signal), { code: 'MetadataService', message: /^read scheduled events: fetch failed: ./ });
});
