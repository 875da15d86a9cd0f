import { z } from 'zod';
import { JsonFile } from '../base/json-file.ts';
import type { KeyFile } from '../base/key-file.ts';
import type { Logger } from '../base/log.ts';
import type { ProgrammeStore } from './gateway-plane.ts';
import type { Programme } from './inputs.ts';

const cidr = z.object({ address: z.ipv4(), prefixLength: z.int().min(0).max(32) });

const shape = z.object({
  inputs: z.object({
    nodeAddress: z.ipv4(),
    uplink: z.string(),
    uplinkMtu: z.int(),
    publicKey: z.string(),
    egress: z.array(z.object({ sgc: z.string(), address: z.ipv4() })),
    workers: z.array(
      z.object({
        publicKey: z.string(),
        endpoint: z.object({ address: z.ipv4(), port: z.int() }),
        block: cidr,
        labels: z.array(z.object({ address: z.ipv4(), sgc: z.string() })),
      }),
    ),
  }),
  acknowledgement: z.object({
    configurations: z.array(
      z.object({
        namespace: z.string(),
        name: z.string(),
        uid: z.string(),
        generation: z.int(),
        secondaryAddress: z.ipv4(),
      }),
    ),
    workers: z.array(z.object({ name: z.string(), generation: z.int(), publicKey: z.string() })),
  }),
});

/**
 * Remembers what is in the kernel over restarts of the agent, which then repairs it and answers for it without the API server. `path`:
 * in a folder that a reboot empties, as it empties the kernel.
 */
export function openProgrammeFile(path: string, log: Logger): JsonFile<Programme> {
  return new JsonFile(path, { shape, log });
}

/** A gateway that carries nothing any more needs no key either; one that serves again has the key that it had. */
export function keepWithKey(file: ProgrammeStore, key: KeyFile): ProgrammeStore {
  let isKeyThere = true;
  return {
    write: async (programme) => {
      await file.write(programme);
      if (programme === undefined) await key.remove();
      else if (!isKeyThere) await key.restore();
      isKeyThere = programme !== undefined;
    },
  };
}
