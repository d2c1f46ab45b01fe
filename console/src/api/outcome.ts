/** The FHIR answer to a request that failed, or the warnings beside one that worked. */
export interface OperationOutcome {
  resourceType: 'OperationOutcome'
  issue: { severity: string; code: string; diagnostics?: string; details?: { text?: string }; expression?: string[] }[]
}

/** An answer of the server that is no success, or none at all (`status` 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly sentences: string[],
  ) {
    super(sentences.join('\n') || `HTTP ${status}`)
  }
}

/** The sentences of an OperationOutcome, each with its place in the resource where it names one. */
export function sentences(outcome: OperationOutcome): string[] {
  const all = outcome.issue.map((issue) => {
    const text = issue.diagnostics ?? issue.details?.text ?? issue.code
    const place = issue.expression?.[0]
    return place && !text.includes(place) ? `${place}: ${text}` : text
  })
  return [...new Set(all)]
}

/** Makes an error of whatever a failed request answered: an OperationOutcome, or any other text. */
export function errorFrom(status: number, body: string): ApiError {
  const parsed = parseOutcome(body)
  if (!parsed) return new ApiError(status, 'unknown', [])
  return new ApiError(status, parsed.issue[0]?.code ?? 'unknown', sentences(parsed))
}

function parseOutcome(body: string): OperationOutcome | null {
  try {
    const value: unknown = JSON.parse(body)
    const outcome = value as OperationOutcome
    return outcome?.resourceType === 'OperationOutcome' && Array.isArray(outcome.issue) ? outcome : null
  } catch {
    return null
  }
}
