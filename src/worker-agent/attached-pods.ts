import { z } from 'zod';
import { JsonFile } from '../base/json-file.ts';
import type { Logger } from '../base/log.ts';

/**
 * `attached`: passed ADD, or was attached while it ran. `guarded`: annotated, but its SGC cannot be used yet; reaches nothing but the
 * cluster. `detaching`: its annotation is gone, what TCP it began by a gateway lives on. `leaving`: passed DEL, but its
 * link is still there and may carry last packets: it is kept as it was until the link is gone. `gone`: without a link, remembered so
 * that its old address, which the API server shows for a while, is not taken for its own.
 */
const phases = ['attached', 'guarded', 'detaching', 'leaving', 'gone'] as const;

const podShape = z.object({
  uid: z.string().min(1),
  namespace: z.string().min(1),
  name: z.string().min(1),
  /** Of the sandbox. Empty for a pod that never passed ADD. */
  containerId: z.string(),
  veth: z.string().min(1),
  address: z.ipv4(),
  /** The name of its StaticGatewayConfiguration, in its own namespace. */
  sgc: z.string(),
  phase: z.enum(phases),
});

export type RegisteredPod = Readonly<z.infer<typeof podShape>>;

const fileShape = z.object({ version: z.literal(1), pods: z.array(podShape) });

/**
 * The pods of this node that are ours, on disk so that a restart needs no API server. One entry for each sandbox; a pod that never
 * passed ADD has one as well.
 */
export class AttachedPods {
  readonly #file: JsonFile<z.infer<typeof fileShape>>;
  readonly #pods: Map<string, RegisteredPod>;
  #saving: Promise<void> = Promise.resolve();
  #pendingSave: Promise<void> | undefined;

  private constructor(file: JsonFile<z.infer<typeof fileShape>>, pods: readonly RegisteredPod[]) {
    this.#file = file;
    this.#pods = new Map(pods.map((pod) => [keyOf(pod), pod]));
  }

  /** `isComplete` false: the file is missing or damaged, so there may be pods that are not in it. Nothing may be opened on its word. */
  static async load(path: string, log: Logger): Promise<{ readonly pods: AttachedPods; readonly isComplete: boolean }> {
    const file = new JsonFile(path, { shape: fileShape, log });
    const saved = await file.read();
    return { pods: new AttachedPods(file, saved?.pods ?? []), isComplete: saved !== undefined };
  }

  /** In the order in which they came. */
  list(): readonly RegisteredPod[] {
    return [...this.#pods.values()];
  }

  /**
   * Adds the pod, or replaces its entry, which keeps its place: of two with one address the later one has it. What is known of the pod
   * without a sandbox, or of another pod behind its link, goes.
   */
  put(pod: RegisteredPod): void {
    for (const [key, other] of this.#pods) if (key !== keyOf(pod) && isSuperseded(other, pod)) this.#pods.delete(key);
    this.#pods.set(keyOf(pod), pod);
  }

  remove(pod: RegisteredPod): void {
    this.#pods.delete(keyOf(pod));
  }

  /** Fulfilled when what is in here now is on disk. Calls during a write share the next one; nothing new is not written. */
  async save(): Promise<void> {
    this.#pendingSave ??= this.#saveAfter(this.#saving);
    await this.#pendingSave;
  }

  /** Takes the file away; what is in here stays, and the next `save` writes it again. */
  async erase(): Promise<void> {
    await this.#pendingSave?.catch(() => undefined);
    await this.#saving.catch(() => undefined);
    this.#saving = this.#file.write(undefined);
    await this.#saving;
  }

  async #saveAfter(previous: Promise<void>): Promise<void> {
    await previous.catch(() => undefined);
    this.#saving = this.#file.write({ version: 1, pods: [...this.list()] });
    this.#pendingSave = undefined;
    await this.#saving;
  }
}

function isSuperseded(other: RegisteredPod, pod: RegisteredPod): boolean {
  const hasNoSandbox = other.phase === 'guarded' || other.phase === 'gone';
  return (hasNoSandbox && other.uid === pod.uid) || (other.veth === pod.veth && other.phase !== 'gone');
}

function keyOf({ uid, containerId }: RegisteredPod): string {
  return `${uid} ${containerId}`;
}

/** `namespace/name` of the pod's StaticGatewayConfiguration. */
export function sgcKeyOf({ namespace, sgc }: Pick<RegisteredPod, 'namespace' | 'sgc'>): string {
  return `${namespace}/${sgc}`;
}
