import { computed, type WritableComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/** A choice that stands in the address, so that a link shows the same; `otherwise` is left out of it. */
export function useQuery() {
  const route = useRoute()
  const router = useRouter()

  function one<T extends string = string>(name: string, otherwise: NoInfer<T>): WritableComputedRef<T> {
    return computed<T>({
      get: () => {
        const value = route.query[name]
        return (typeof value === 'string' && value !== '' ? value : otherwise) as T
      },
      set: (value) => put({ [name]: value === otherwise ? '' : value }),
    })
  }

  function put(change: Record<string, string>) {
    const all = { ...route.query, ...change }
    void router.replace({ query: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '')) })
  }

  return { one, put }
}
