import { ArmError } from '../arm/errors.ts';

/** What a `$filter` of a list of resources may look at. */
export interface FilteredResource {
  readonly name: string;
  readonly type: string;
  readonly resourceGroup: string;
  readonly location: string;
  readonly provisioningState: string;
  readonly tags: Readonly<Record<string, string>>;
}

export type ResourceFilter = (resource: FilteredResource) => boolean;

/** Members of a resource by the words of a filter. */
const members: Readonly<Record<string, (resource: FilteredResource) => string>> = {
  name: ({ name }) => name,
  resourcetype: ({ type }) => type,
  resourcegroup: ({ resourceGroup }) => resourceGroup,
  location: ({ location }) => location,
  provisioningstate: ({ provisioningState }) => provisioningState,
};

/** Far more than any client sends, and few enough brackets to nest. */
const longestFilter = 2000;

/** Strings (a quote in one is doubled), words, and brackets; anything else is a token of its own that no rule takes. */
const tokenPattern = /'(?:[^']|'')*'|[A-Za-z][\w./]*|\S/g;

/**
 * Reads the OData that clients of Azure send: `name eq 'a'`, `ne`, `substringof('a', name)`, `startswith(tagName, 'a')`,
 * `tagName eq 'a' and tagValue eq 'b'` (of one tag), `and`, `or`, brackets. Words and values in any case, tag values excepted.
 * Throws 400 `InvalidFilterInQueryString`.
 */
export function parseResourceFilter(text: string): ResourceFilter {
  if (text.length > longestFilter) refuse(text);
  const parser = new FilterParser(text);
  const filter = parser.alternatives();
  parser.expectEnd();
  return filter;
}

class FilterParser {
  readonly #text: string;
  readonly #tokens: string[];

  constructor(text: string) {
    this.#text = text;
    this.#tokens = text.match(tokenPattern) ?? [];
  }

  alternatives(): ResourceFilter {
    const all = [this.#conjunction()];
    while (this.#take('or')) all.push(this.#conjunction());
    return (resource) => all.some((one) => one(resource));
  }

  expectEnd(): void {
    if (this.#tokens.length > 0) this.#refuse();
  }

  #conjunction(): ResourceFilter {
    const all = [this.#term()];
    while (this.#take('and')) all.push(this.#term());
    return (resource) => all.every((one) => one(resource));
  }

  #term(): ResourceFilter {
    if (this.#take('(')) {
      const inner = this.alternatives();
      this.#expect(')');
      return inner;
    }
    const word = this.#next().toLowerCase();
    if (word === 'substringof') return this.#substring();
    if (word === 'startswith') return this.#prefix();
    if (word === 'tagname') return this.#tag();
    return this.#comparison(members[word] ?? this.#refuse());
  }

  #comparison(member: (resource: FilteredResource) => string): ResourceFilter {
    const operator = this.#next().toLowerCase();
    if (operator !== 'eq' && operator !== 'ne') this.#refuse();
    const value = this.#string();
    return (resource) => sameText(member(resource), value) === (operator === 'eq');
  }

  /** `substringof('part', member)` */
  #substring(): ResourceFilter {
    this.#expect('(');
    const part = normalText(this.#string());
    this.#expect(',');
    const member = members[this.#next().toLowerCase()] ?? this.#refuse();
    this.#expect(')');
    return (resource) => normalText(member(resource)).includes(part);
  }

  /** `startswith(tagName, 'prefix')` */
  #prefix(): ResourceFilter {
    this.#expect('(');
    if (!this.#take('tagname')) this.#refuse();
    this.#expect(',');
    const prefix = this.#string().toLowerCase();
    this.#expect(')');
    return ({ tags }) => Object.keys(tags).some((tag) => tag.toLowerCase().startsWith(prefix));
  }

  /** `tagName eq 'name' [and tagValue eq 'value']`: both speak of one tag. */
  #tag(): ResourceFilter {
    this.#expect('eq');
    const name = this.#string().toLowerCase();
    const value = this.#tagValue();
    return ({ tags }) =>
      Object.entries(tags).some(([tag, given]) => tag.toLowerCase() === name && (value === undefined || given === value));
  }

  #tagValue(): string | undefined {
    const [and, word] = this.#tokens;
    if (and?.toLowerCase() !== 'and' || word?.toLowerCase() !== 'tagvalue') return undefined;
    this.#tokens.splice(0, 2);
    this.#expect('eq');
    return this.#string();
  }

  #string(): string {
    const token = this.#next();
    if (!token.startsWith("'") || token.length < 2) this.#refuse();
    return token.slice(1, -1).replaceAll("''", "'");
  }

  #take(token: string): boolean {
    if (this.#tokens[0]?.toLowerCase() !== token.toLowerCase()) return false;
    this.#tokens.shift();
    return true;
  }

  #expect(token: string): void {
    if (!this.#take(token)) this.#refuse();
  }

  #next(): string {
    return this.#tokens.shift() ?? this.#refuse();
  }

  #refuse(): never {
    refuse(this.#text);
  }
}

function refuse(text: string): never {
  throw new ArmError(
    400,
    'InvalidFilterInQueryString',
    `Invalid $filter '${text.slice(0, 200)}' specified in the query string.`,
    { target: '$filter' },
  );
}

function sameText(a: string, b: string): boolean {
  return normalText(a) === normalText(b);
}

/** Locations come as `West US` and as `westus`; nothing else that is compared has blanks. */
function normalText(text: string): string {
  return text.toLowerCase().replaceAll(' ', '');
}
